import type { SQL } from "bun";
import { type Document, type PutOutcome, type Registry, StoreUnavailable } from "../../core/store.ts";
import type { PostgresMutants } from "./mutants.ts";
import type { Pool } from "./pool.ts";
import { untilKnown } from "./repeat.ts";

/** How often expired documents are removed, in ms, and how many at once. */
const purgeEvery = 10_000;
const purgeLimit = 1000;

interface DocumentRow {
  readonly id: string;
  readonly value: string;
  readonly version: number;
  /** A bigint, as text. */
  readonly expires_at: string | null;
  readonly write_id: string;
}

export interface RegistryParts {
  readonly lookups: Pool;
  readonly writes: Pool;
  readonly lists: Pool;
  /** How long a write may take, in ms. */
  readonly writeLimit: number;
  /** ms since 1970; documents expire by it. */
  readonly clock: () => number;
  readonly mutants: PostgresMutants;
}

export class PostgresRegistry implements Registry {
  readonly #parts: RegistryParts;
  #purgedAt = 0;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  async get(kind: string, id: string): Promise<Document | undefined> {
    const row = await this.#row(this.#parts.lookups, kind, id);
    return row && documentOf(kind, row);
  }

  put(document: Document): Promise<PutOutcome> {
    const writeId = crypto.randomUUID();
    const now = this.#parts.clock();
    this.#purge(now);
    return untilKnown(this.#parts.writeLimit, (left, again) => this.#put(document, writeId, left, again));
  }

  async #put(document: Document, writeId: string, left: number, again: boolean): Promise<PutOutcome> {
    const { writes, clock, mutants } = this.#parts;
    const stored = await writes.run((sql) => putRow(sql, document, writeId, clock()), left);
    if (stored.length > 0) return { outcome: "stored" };
    const { kind, id, version } = document;
    const row = await this.#row(writes, kind, id, left);
    if (row?.write_id === writeId && !mutants.includes("tokenless")) return { outcome: "stored" };
    // Behind a newer version, or removed, ours can't be seen any longer.
    if (again && (row === undefined || row.version > version))
      throw new StoreUnavailable(`Whether ${kind}/${JSON.stringify(id)} was written is not known.`);
    return { outcome: "conflict", current: row && documentOf(kind, row) };
  }

  async #row(pool: Pool, kind: string, id: string, limit?: number): Promise<DocumentRow | undefined> {
    const [row] = await pool.run(
      (sql) => sql<DocumentRow[]>`
        SELECT id, value, version, expires_at, write_id FROM registry
        WHERE kind = ${kind} AND id = ${id} AND (expires_at IS NULL OR expires_at > ${this.#parts.clock()}::bigint)`,
      limit,
    );
    if (row !== undefined && row.id !== id) throw new StoreUnavailable("The client mixed up two answers.");
    return row;
  }

  async remove(kind: string, id: string): Promise<boolean> {
    const now = this.#parts.clock();
    const gone = await this.#parts.writes.run(
      (sql) => sql<{ there: boolean }[]>`
        DELETE FROM registry WHERE kind = ${kind} AND id = ${id}
        RETURNING expires_at IS NULL OR expires_at > ${now}::bigint AS there`,
    );
    return gone[0]?.there === true;
  }

  async list(kind: string): Promise<Document[]> {
    const rows = await this.#parts.lists.run(
      (sql) => sql<DocumentRow[]>`
        SELECT id, value, version, expires_at, write_id FROM registry
        WHERE kind = ${kind} AND (expires_at IS NULL OR expires_at > ${this.#parts.clock()}::bigint) ORDER BY id`,
    );
    return rows.map((row) => documentOf(kind, row));
  }

  #purge(now: number): void {
    if (now - this.#purgedAt < purgeEvery) return;
    this.#purgedAt = now;
    // What another node removes at this moment is left to it. A purge that fails is made again later.
    const purged = this.#parts.writes.run(
      (sql) => sql`
        DELETE FROM registry WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM registry WHERE expires_at <= ${now}::bigint LIMIT ${purgeLimit} FOR UPDATE SKIP LOCKED
        ))`,
    );
    void purged.catch(() => {});
  }
}

function putRow(sql: SQL, document: Document, writeId: string, now: number): Promise<unknown[]> {
  const { kind, id, value, version, expiresAt } = document;
  if (version === 1)
    return sql`
      INSERT INTO registry AS r (kind, id, value, version, expires_at, write_id)
      VALUES (${kind}, ${id}, ${value}, 1, ${expiresAt}::bigint, ${writeId})
      ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value, version = 1, expires_at = excluded.expires_at,
        write_id = excluded.write_id
      WHERE r.expires_at <= ${now}::bigint
      RETURNING 1`;
  return sql`
    UPDATE registry SET value = ${value}, version = ${version}, expires_at = ${expiresAt}::bigint, write_id = ${writeId}
    WHERE kind = ${kind} AND id = ${id} AND version = ${version - 1} AND (expires_at IS NULL OR expires_at > ${now}::bigint)
    RETURNING 1`;
}

function documentOf(kind: string, { id, value, version, expires_at: expiresAt }: DocumentRow): Document {
  return { kind, id, value, version, expiresAt: expiresAt === null ? null : Number(expiresAt) };
}
