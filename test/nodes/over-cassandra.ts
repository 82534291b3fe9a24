import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { Server } from "../server.ts";
import { type Cassandra, startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

export interface NodesOptions {
  readonly count?: number;
  readonly workers?: number;
  /** Copies of each row (3). With one, a dead node takes rows away: what bears its death must fail then. */
  readonly replication?: number;
  readonly mutant?: string | undefined;
}

/** Several Curt nodes with one admin key over a keyspace of their own in the cluster of this clone. */
export interface Nodes {
  readonly cluster: Cassandra;
  /** `CURT_STORE`. */
  readonly store: string;
  readonly key: string;
  readonly servers: readonly Server[];
  /** Ends the nodes, makes Cassandra whole again and drops the keyspace. */
  stop(): Promise<void>;
}

/** Nodes that are ready. End them with `stop`. */
export async function startOverCassandra(options: NodesOptions = {}): Promise<Nodes> {
  const cluster = await startCassandra();
  const keyspace = new Keyspace(cluster);
  const store = options.replication === undefined ? keyspace.url : `${keyspace.url}?replication=${options.replication}`;
  // Making the tables takes seconds, longer than a server's start may.
  await (await openCassandraStore({ url: store })).close();
  const key = `curt_nodes_${crypto.randomUUID().replaceAll("-", "")}`;
  const env = { CURT_STORE: store, CURT_ADMIN_KEY: key, CURT_MUTANT: options.mutant ?? "" };
  const args = ["--workers", `${options.workers ?? 2}`];
  const servers = Array.from({ length: options.count ?? 2 }, () => new Server({ env, args, startLimit: 30_000 }));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await cluster.heal();
    await keyspace.drop();
  };
  try {
    for (const server of servers) server.launch();
    await Promise.all(servers.map((server) => server.ready()));
    return { cluster, store, key, servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What lies so far in, when all are in order; 0 of none. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** What a node said of its workers, and of errors that nobody expected. */
export function aboutWorkers(server: Server): string[] {
  return server
    .output()
    .split("\n")
    .filter((line) => !line.startsWith("{") || /"message":"(A worker|The worker|An error)/.test(line));
}
