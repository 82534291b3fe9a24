import { type Database, SQLiteError } from "bun:sqlite";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { textSum } from "./checksum.ts";

/** What a kind of database file holds. */
export interface Schema {
  /** What makes schema `n` out of schema `n - 1`, in order. Published ones never change. */
  readonly migrations: readonly string[];
  /** In bytes. */
  readonly pageSize: number;
}

/**
 * Ids of links rise in the order of creation and are not used again. The word index keeps no text and no positions.
 */
export const linksSchema: Schema = {
  pageSize: 4096,
  migrations: [
    `
  CREATE TABLE links (id INTEGER PRIMARY KEY, host TEXT NOT NULL, slug TEXT NOT NULL, doc TEXT NOT NULL, sum INTEGER NOT NULL);
  CREATE UNIQUE INDEX links_by_slug ON links (host, slug);
  CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, detail=none, tokenize='ascii');
  CREATE TABLE changes (seq INTEGER PRIMARY KEY, host TEXT NOT NULL, slug TEXT NOT NULL, version INTEGER NOT NULL, sum INTEGER NOT NULL);
  CREATE TABLE registry (
    kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER, sum INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX registry_by_expiry ON registry (expires_at) WHERE expires_at IS NOT NULL;
  `,
  ],
};

/** The counts of clicks, in a file of their own. Blobs are compressed already. */
export const clicksSchema: Schema = {
  pageSize: 8192,
  migrations: [
    `
  CREATE TABLE heads (
    writer TEXT PRIMARY KEY, version INTEGER NOT NULL, number INTEGER NOT NULL, position TEXT NOT NULL, runs TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE blobs (id INTEGER PRIMARY KEY, writer TEXT NOT NULL, run INTEGER NOT NULL, block INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX blobs_by_key ON blobs (writer, run, block);
  `,
  ],
};

/** Of the links' file. */
export const schemaVersion = linksSchema.migrations.length;

/** Which store a file holds, and how many commits it has seen. */
export interface Meta {
  /** Random, made with the database and again when a backup is restored. */
  readonly store: string;
  readonly schema: number;
  readonly commits: number;
}

export function metaSum(meta: Meta): number {
  return textSum(`${meta.store}\n${meta.schema}\n${meta.commits}`);
}

/** Reads what the file `path` holds. Throws `StoreDamaged` if that is no store, `StoreUnavailable` if it is of a newer Curt. */
export function readMeta(db: Database, path: string, { migrations }: Schema = linksSchema): Meta {
  let row: (Meta & { sum: number }) | null;
  try {
    row = db.query<Meta & { sum: number }, []>("SELECT store, schema, commits, sum FROM meta WHERE one = 1").get();
  } catch (error) {
    if (error instanceof SQLiteError && error.message.includes("no such table")) {
      throw new StoreDamaged(`${path} is a database, but holds no store of Curt. Run curt doctor.`);
    }
    throw error;
  }
  if (row === null || row.sum !== metaSum(row)) {
    throw new StoreDamaged(
      `${path}: the row that names the store is damaged. Run curt doctor; curt restore brings a backup back.`,
    );
  }
  if (row.schema > migrations.length) {
    throw new StoreUnavailable(
      `${path} has schema ${row.schema}, made by a newer Curt; this one knows up to ${migrations.length}.`,
    );
  }
  return { store: row.store, schema: row.schema, commits: row.commits };
}

export function writeMeta(db: Database, meta: Meta): void {
  db.query("INSERT OR REPLACE INTO meta (one, store, schema, commits, sum) VALUES (1, ?, ?, ?, ?)").run(
    meta.store,
    meta.schema,
    meta.commits,
    metaSum(meta),
  );
}

/** Fills an empty database. */
export function createSchema(db: Database, store: string, schema: Schema = linksSchema): void {
  db.run(`PRAGMA page_size = ${schema.pageSize}`);
  db.run("PRAGMA journal_mode = WAL");
  db.run(
    "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), store TEXT NOT NULL, schema INTEGER NOT NULL, commits INTEGER NOT NULL, sum INTEGER NOT NULL)",
  );
  migrate(db, { store, schema: 0, commits: 0 }, schema);
}

/** Brings the database to the schema of this Curt: all steps or none. */
export function migrate(db: Database, meta: Meta, { migrations }: Schema = linksSchema): Meta {
  if (meta.schema === migrations.length) return meta;
  db.run("BEGIN IMMEDIATE");
  try {
    for (const step of migrations.slice(meta.schema)) db.run(step);
    const migrated = { ...meta, schema: migrations.length };
    writeMeta(db, migrated);
    db.run("COMMIT");
    return migrated;
  } catch (error) {
    db.run("ROLLBACK");
    throw error;
  }
}
