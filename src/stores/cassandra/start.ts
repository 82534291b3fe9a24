import { auth, Client, type DseClientOptions, errors, policies, types } from "cassandra-driver";
import { StoreDamaged, StoreUnavailable, StoreUnfit } from "../../core/store.ts";
import type { Address } from "./address.ts";
import { calm } from "./control-connection.ts";
import { whyNone } from "./failure.ts";
import { migrate } from "./schema.ts";

/** How long all nodes may take to know a keyspace, in ms. */
const newsLimit = 10_000;
const newReplication = 3;

/** After so many ms without an answer a second node is asked the same: reads, plain writes, conditional writes. */
const speculation = { read: 100, write: 400, conditional: 800 };

/** Every write may be made twice, the conditional ones too: each looks whether what it finds is its own. */
class Speculation extends policies.speculativeExecution.NoSpeculativeExecutionPolicy {
  override newPlan(_keyspace: string, query: string | object[]): { nextExecution: () => number } {
    const text = typeof query === "string" ? query : "";
    const kind = text.startsWith("SELECT") ? "read" : text.includes(" IF ") ? "conditional" : "write";
    let left = 2;
    return { nextExecution: () => (left-- > 0 ? speculation[kind] : -1) };
  }
}

function clientOptions(address: Address): DseClientOptions {
  return {
    contactPoints: [...address.nodes],
    protocolOptions: { port: address.port },
    ...(address.user === undefined
      ? {}
      : { authProvider: new auth.PlainTextAuthProvider(address.user, address.password) }),
    encoding: { useBigIntAsLong: true },
    socketOptions: { connectTimeout: 2000, readTimeout: 2000, defunctReadTimeoutThreshold: 8 },
    pooling: { heartBeatInterval: 2000 },
    queryOptions: {
      prepare: true,
      isIdempotent: true,
      autoPage: false,
      consistency: types.consistencies.localQuorum,
      serialConsistency: types.consistencies.localSerial,
    },
  };
}

/** What the start found out and made. */
export interface Prepared {
  /** Connected. */
  readonly client: Client;
  /** Random, made with the schema. */
  readonly store: string;
}

/**
 * Connects, looks at the cluster, and makes or migrates the schema. Throws `StoreUnavailable` whose message says in one
 * line what is wrong and what to do.
 */
export async function prepare(address: Address): Promise<Prepared> {
  const first = new Client({
    ...clientOptions(address),
    policies: { loadBalancing: new policies.loadBalancing.RoundRobinPolicy() },
    socketOptions: { connectTimeout: 2000, readTimeout: 4000 },
    isMetadataSyncEnabled: false,
  });
  try {
    await first.connect();
    const datacenter = await datacenterOf(first, address);
    const keyspace = await keyspaceFor(first, address, datacenter);
    const store = await migrate(first, address, keyspace);
    return { client: await connected(address, datacenter), store };
  } catch (error) {
    throw refusal(error, address);
  } finally {
    await first.shutdown().catch(() => undefined);
  }
}

/** A client of the keyspace, which was made just now perhaps: some nodes know it a moment later than others. */
async function connected(address: Address, datacenter: string): Promise<Client> {
  for (const until = performance.now() + newsLimit; ; ) {
    const client = new Client({
      ...clientOptions(address),
      localDataCenter: datacenter,
      keyspace: address.keyspace,
      policies: {
        // A node that was down is asked again every second.
        reconnection: new policies.reconnection.ConstantReconnectionPolicy(1000),
        speculativeExecution: new Speculation(),
      },
    });
    calm(client);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.shutdown().catch(() => undefined);
      const isUnknown = error instanceof errors.ResponseError && error.code === types.responseErrorCodes.invalid;
      if (!isUnknown || performance.now() > until) throw error;
      await Bun.sleep(200);
    }
  }
}

/** The data centre asked for, or the one of the node that answered. */
async function datacenterOf(client: Client, { shown, datacenter }: Address): Promise<string> {
  const local = await client.execute("SELECT data_center FROM system.local");
  const known = [...new Set(client.hosts.values().map((host) => host.datacenter))];
  if (datacenter === undefined) return String(local.first().data_center);
  if (known.includes(datacenter)) return datacenter;
  throw new StoreUnfit(
    `${shown}: there is no data centre ${JSON.stringify(datacenter)}; the cluster has ${known.map((one) => JSON.stringify(one)).join(", ")}. Name one of them: ?datacenter=`,
  );
}

/** What makes the keyspace; checks an old one against what was asked for. */
async function keyspaceFor(client: Client, address: Address, datacenter: string): Promise<string> {
  const { shown, keyspace, replication } = address;
  const found = await client.execute("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?", [
    keyspace,
  ]);
  const there = found.first()?.replication as Record<string, string> | undefined;
  const copies = replication ?? (there === undefined ? newReplication : undefined);
  const nodes = client.hosts.values().filter((host) => host.datacenter === datacenter).length;
  // They may still be starting: this is no lasting refusal.
  if (copies !== undefined && nodes < copies)
    throw new StoreUnavailable(
      `${shown}: replication ${copies} needs as many nodes in data centre ${JSON.stringify(datacenter)}, which has ${nodes}. Add nodes, or say ?replication=${nodes}`,
    );
  const map = `{'class': 'NetworkTopologyStrategy', '${datacenter.replaceAll("'", "''")}': ${copies ?? newReplication}}`;
  if (there !== undefined) {
    const has = there[datacenter] ?? there.replication_factor ?? "0";
    if (replication !== undefined && has !== String(replication))
      throw new StoreUnfit(
        `${shown}: the keyspace keeps ${has} copies in data centre ${JSON.stringify(datacenter)}, not ${replication}. Leave ?replication= out, or: ALTER KEYSPACE ${keyspace} WITH replication = ${map}; then nodetool repair.`,
      );
    if (has === "0")
      throw new StoreUnfit(
        `${shown}: the keyspace keeps no copies in data centre ${JSON.stringify(datacenter)}. Name another, or: ALTER KEYSPACE ${keyspace} WITH replication = ${map}; then nodetool repair.`,
      );
  }
  return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${map}`;
}

function refusal(error: unknown, { shown, nodes, user }: Address): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailable || error instanceof StoreDamaged) return error;
  const causes = [error, ...Object.values((error as { innerErrors?: Record<string, unknown> }).innerErrors ?? {})];
  const refused = causes.find((cause) => isAuthentication(cause));
  if (refused instanceof Error) {
    const who = user === undefined ? "the cluster wants a user" : `user ${JSON.stringify(user)} was refused`;
    return new StoreUnfit(`${shown}: ${who} (${oneLine(refused.message)}). Look at USER:PASSWORD@ in CURT_STORE.`);
  }
  if (error instanceof errors.NoHostAvailableError)
    return new StoreUnavailable(
      `${shown}: no answer from ${nodes.join(", ")} (${oneLine(whyNone(error))}). Look whether Cassandra runs there and can be reached from here.`,
    );
  if (error instanceof errors.ResponseError && error.code === types.responseErrorCodes.unauthorized)
    return new StoreUnfit(
      `${shown}: the user may not make what Curt needs (${oneLine(error.message)}). Allow it: GRANT ALL ON ALL KEYSPACES, or make the keyspace and GRANT ALL on it.`,
    );
  return new StoreUnavailable(`${shown}: ${oneLine(error.message)}`);
}

function isAuthentication(cause: unknown): boolean {
  if (cause instanceof errors.AuthenticationError) return true;
  return cause instanceof errors.ResponseError && cause.code === types.responseErrorCodes.badCredentials;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
