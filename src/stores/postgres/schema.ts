import type { SQL } from "bun";
import { StoreUnavailable, StoreUnfit } from "../../core/store.ts";
import { type Address, identifier } from "./address.ts";
import type { PostgresMutants } from "./mutants.ts";

/**
 * What makes schema `n` out of schema `n - 1`, in order. Published ones never change. Nodes of the version before go on
 * running beside the next one, so a step only adds.
 *
 * Ids of links rise in the order of creation and are not used again. `write_id` names the write that a row is from, so
 * that one whose outcome was unknown is told from somebody else's. In `link_words` a word stands behind its part, a run of
 * 32,768 ids, so that the newest links of a common word are found without sorting all of them; part -1 has the tokens of
 * tags and targets.
 */
const migrations: readonly string[] = [
  `
  CREATE SEQUENCE link_ids;
  CREATE TABLE links (
    id bigint PRIMARY KEY, host text COLLATE "C" NOT NULL, slug text COLLATE "C" NOT NULL,
    version integer NOT NULL, doc text NOT NULL, write_id text NOT NULL,
    UNIQUE (host, slug)
  );
  CREATE TABLE link_words (
    part integer, word text COLLATE "C", id bigint,
    PRIMARY KEY (part, word, id)
  );
  CREATE SEQUENCE change_ids;
  CREATE TABLE changes (
    xid xid8 DEFAULT pg_current_xact_id(), id bigint DEFAULT nextval('change_ids'),
    host text NOT NULL, slug text NOT NULL, version integer NOT NULL,
    PRIMARY KEY (xid, id)
  );
  CREATE TABLE registry (
    kind text COLLATE "C", id text COLLATE "C", value text NOT NULL, version integer NOT NULL, expires_at bigint,
    write_id text NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX registry_by_expiry ON registry (expires_at) WHERE expires_at IS NOT NULL;
  `,
  `
  CREATE TABLE click_heads (
    writer text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, number bigint NOT NULL, position text NOT NULL,
    runs text NOT NULL
  );
  CREATE TABLE click_blobs (
    writer text COLLATE "C", run bigint, block integer, bytes bytea NOT NULL,
    PRIMARY KEY (writer, run, block)
  );
  ALTER TABLE click_blobs ALTER COLUMN bytes SET STORAGE EXTERNAL;
  `,
];

export const schemaVersion = migrations.length;

/**
 * Makes the schema or brings it to the one of this Curt, once, however many nodes do it at the same time. `sql` has one
 * connection, which is closed after it. Gives the store's id.
 */
export async function migrate(sql: SQL, address: Address, mutants: PostgresMutants): Promise<string> {
  const there = await readMeta(sql, address);
  if (there !== undefined && there.schema === schemaVersion) return there.store;
  // Others wait here until the first one is done. The lock ends with the connection; it comes before the transaction,
  // which goes by what it saw of the catalog when it began.
  if (!mutants.includes("unlocked"))
    await sql`SELECT pg_advisory_lock(hashtextextended(${`curt ${address.schema}`}, 0))`;
  return sql.begin(async (transaction) => {
    const now = await readMeta(transaction, address);
    if (now?.schema === schemaVersion) return now.store;
    if (now === undefined) await createMeta(transaction, address);
    for (const step of migrations.slice(now?.schema ?? 0)) await transaction.unsafe(step);
    await transaction`UPDATE meta SET schema = ${schemaVersion}`;
    const made = await readMeta(transaction, address);
    if (made === undefined) throw new StoreUnavailable(`${address.shown}: the schema was dropped while it was made.`);
    return made.store;
  });
}

async function createMeta(sql: SQL, address: Address): Promise<void> {
  // Even IF NOT EXISTS wants the right to create, and somebody may have made the schema for us.
  const [found] = await sql<
    { found: boolean }[]
  >`SELECT to_regnamespace(${identifier(address.schema)}) IS NOT NULL AS found`;
  if (found?.found !== true) await sql.unsafe(`CREATE SCHEMA ${identifier(address.schema)}`);
  await sql.unsafe(`
    CREATE TABLE meta (
      one boolean PRIMARY KEY DEFAULT true CHECK (one), store text NOT NULL, schema integer NOT NULL, feed_floor xid8 NOT NULL
    );
    INSERT INTO meta (store, schema, feed_floor) VALUES (replace(gen_random_uuid()::text, '-', ''), 0, '0');
  `);
}

async function readMeta(sql: SQL, address: Address): Promise<{ store: string; schema: number } | undefined> {
  const table = `${identifier(address.schema)}.meta`;
  const [there] = await sql<{ found: boolean }[]>`SELECT to_regclass(${table}) IS NOT NULL AS found`;
  if (there?.found !== true) return undefined;
  const [meta] = await sql.unsafe<{ store: string; schema: number }[]>(`SELECT store, schema FROM ${table}`);
  if (meta !== undefined && meta.schema > schemaVersion)
    throw new StoreUnfit(
      `${address.shown} has schema ${meta.schema}, made by a newer Curt; this one knows up to ${schemaVersion}.`,
    );
  return meta;
}
