import { type Client, errors, type Host, types } from "cassandra-driver";
import { StoreUnavailable, StoreUnfit } from "../../core/store.ts";
import type { Address } from "./address.ts";

/** How many seconds the feed keeps a change. Cursors expire ten minutes before. */
export const feedSeconds = 4200;

/**
 * What makes schema `n` out of schema `n - 1`. Published ones never change, and a step only adds: nodes of the version
 * before go on running beside the next one. Every statement may be made again. See docs/decisions/0007-cassandra.md.
 */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS links (
      host text, slug text, version int, doc text, bucket text, pos text, writes text, PRIMARY KEY ((host, slug)))`,
    `CREATE TABLE IF NOT EXISTS terms (
      bucket text, stem text, word text, pos text, host text, slug text, PRIMARY KEY ((bucket), stem, word, pos))`,
    `CREATE TABLE IF NOT EXISTS directory (entry text, item text, PRIMARY KEY ((entry), item))`,
    `CREATE TABLE IF NOT EXISTS changes (
      slot int, shard int, at bigint, host text, slug text, version int,
      PRIMARY KEY ((slot, shard), at, host, slug, version))
      WITH default_time_to_live = ${feedSeconds} AND gc_grace_seconds = 3600 AND compaction = {
        'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'MINUTES', 'compaction_window_size': 10}`,
    `CREATE TABLE IF NOT EXISTS registry (
      kind text, id text, value text, version int, expires_at bigint, writes text, PRIMARY KEY ((kind, id)))`,
  ],
  [
    `CREATE TABLE IF NOT EXISTS click_heads (
      writer text, version bigint, number bigint, position text, runs text, PRIMARY KEY ((writer)))`,
    // Blobs are compressed already.
    `CREATE TABLE IF NOT EXISTS click_blobs (
      writer text, run bigint, part int, block int, bytes blob, PRIMARY KEY ((writer, run, part), block))
      WITH compression = {'enabled': false}`,
  ],
];

export const schemaVersion = migrations.length;

/** One node makes the schema; if it dies, another takes over after so many seconds. */
const lockSeconds = 60;
/** How long a start waits for whoever makes the schema, in ms. */
const waitLimit = 120_000;
const ddl = { prepare: false, isIdempotent: false, readTimeout: 30_000 };

/** The tables must not be made by way of two nodes at once: all Curts choose the same one that is up. */
function firstUp(client: Client): Host | undefined {
  const up = client.hosts.values().filter((host) => host.isUp());
  return up.sort((a, b) => (a.address < b.address ? -1 : 1))[0];
}

/** Makes the schema or brings it to the one of this Curt, once, however many do it at the same time. Gives the store's id. */
export async function migrate(client: Client, address: Address, createKeyspace: string): Promise<string> {
  const lock = crypto.randomUUID();
  const until = Date.now() + waitLimit;
  let failedSince: number | undefined;
  while (Date.now() < until) {
    try {
      const done = await step(client, address, createKeyspace, lock);
      if (done !== undefined) return done;
      failedSince = undefined;
    } catch (error) {
      // A table that another makes just now is known to some nodes and not yet to others.
      failedSince ??= Date.now();
      if (!mayPass(error) || Date.now() > failedSince + 20_000) throw error;
    }
    await Bun.sleep(200);
  }
  throw new StoreUnavailable(`${address.shown}: another Curt makes the schema and does not come to an end.`);
}

const lasting: readonly number[] = [types.responseErrorCodes.unauthorized, types.responseErrorCodes.syntaxError];

function mayPass(error: unknown): boolean {
  return error instanceof errors.ResponseError && !lasting.includes(error.code);
}

/** One look at the schema, and if nobody else is at it, the making of it. `undefined`: look again. */
async function step(
  client: Client,
  address: Address,
  createKeyspace: string,
  lock: string,
): Promise<string | undefined> {
  const { keyspace } = address;
  const meta = await readMeta(client, address);
  if (meta?.schema === schemaVersion) return meta.store;
  const host = firstUp(client);
  const run = (query: string) => client.execute(query, [], host === undefined ? ddl : { ...ddl, host });
  if (meta === undefined) {
    await run(createKeyspace);
    await run(`CREATE TABLE IF NOT EXISTS ${keyspace}.meta (name text PRIMARY KEY, value text)`);
  }
  if (!(await takeLock(client, keyspace, lock))) return undefined;
  for (const migration of migrations.slice(meta?.schema ?? 0))
    for (const statement of migration) await run(statement.replace("IF NOT EXISTS ", `IF NOT EXISTS ${keyspace}.`));
  await put(client, keyspace, "store", crypto.randomUUID().replaceAll("-", ""));
  await client.execute(`UPDATE ${keyspace}.meta SET value = ? WHERE name = 'schema' IF value = ?`, [
    String(schemaVersion),
    meta === undefined ? null : String(meta.schema),
  ]);
  await client.execute(`DELETE FROM ${keyspace}.meta WHERE name = 'lock' IF value = ?`, [lock]);
  return undefined;
}

/** `true`: this process makes the schema. */
async function takeLock(client: Client, keyspace: string, lock: string): Promise<boolean> {
  const query = `INSERT INTO ${keyspace}.meta (name, value) VALUES ('lock', ?) IF NOT EXISTS USING TTL ${lockSeconds}`;
  const result = await client.execute(query, [lock]);
  // An attempt that failed half-way has it already.
  return result.wasApplied() || result.first().value === lock;
}

async function put(client: Client, keyspace: string, name: string, value: string): Promise<void> {
  await client.execute(`INSERT INTO ${keyspace}.meta (name, value) VALUES (?, ?) IF NOT EXISTS`, [name, value]);
}

async function readMeta(client: Client, address: Address): Promise<{ store: string; schema: number } | undefined> {
  const tables = await client.execute(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'meta'",
    [address.keyspace],
  );
  if (tables.rowLength === 0) return undefined;
  const found = await client.execute(`SELECT name, value FROM ${address.keyspace}.meta`, []);
  const meta = new Map(found.rows.map((row) => [String(row.name), String(row.value)]));
  const schema = Number(meta.get("schema") ?? 0);
  if (schema > schemaVersion)
    throw new StoreUnfit(
      `${address.shown} has schema ${schema}, made by a newer Curt; this one knows up to ${schemaVersion}.`,
    );
  const store = meta.get("store");
  return schema === 0 || store === undefined ? undefined : { store, schema };
}
