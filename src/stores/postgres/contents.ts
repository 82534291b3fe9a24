import { isAnotherLink, keyOf, type LinkId, type LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import { type ContentPage, type Contents, type Document, StoreUnavailable } from "../../core/store.ts";
import { idAfter, keyAfter, keyCursor } from "../scan-cursor.ts";
import type { Feed } from "./feed.ts";
import { insertRows, rowsOf } from "./inserts.ts";
import { isStorable, replaceRow } from "./links.ts";
import type { Pool } from "./pool.ts";
import { untilKnown } from "./repeat.ts";

const adoptLimit = 1000;
/** How often a record is written again when others change the same link. */
const mostConflicts = 50;

interface LinkRow extends LinkId {
  /** A bigint, as text. */
  readonly id: string;
  readonly doc: string;
}

interface DocumentRow extends Omit<Document, "expiresAt"> {
  /** A bigint, as text. */
  readonly expires_at: string | null;
}

export interface ContentParts {
  readonly lists: Pool;
  readonly writes: Pool;
  /** How long a write may take, in ms. */
  readonly writeLimit: number;
  readonly feed: Feed;
  /** ms since 1970; documents expire by it. */
  readonly clock: () => number;
}

/**
 * Reads everything in the order of ids and of keys: a row that moves gets a higher id than all that were given when it
 * moved, and is met again. A new row may be committed behind the cursor; it was not there when the scan began.
 */
export class PostgresContents implements Contents {
  readonly #parts: ContentParts;

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  async scanLinks(cursor: string | null, limit: number): Promise<ContentPage<LinkRecord>> {
    const after = idAfter(cursor);
    const rows = await this.#parts.lists.run(
      (sql) =>
        sql<LinkRow[]>`SELECT id, host, slug, doc FROM links WHERE id > ${after}::bigint ORDER BY id LIMIT ${limit}`,
    );
    const last = rows.at(-1);
    return {
      items: rows.map((row) => decodeRecord(row, row.doc)),
      next: last === undefined || rows.length < limit ? null : last.id,
    };
  }

  async adoptLinks(records: readonly LinkRecord[]): Promise<void> {
    assertCount(records.length);
    const bad = records.find((record) => !isStorable(record));
    if (bad !== undefined)
      throw new RangeError(`${JSON.stringify(bad.slug)} can't be a slug: it is no text that Postgres can keep.`);
    await untilKnown(this.#parts.writeLimit, (left) => this.#adopt(records, left));
    this.#parts.feed.written(records.length);
  }

  async #adopt(records: readonly LinkRecord[], left: number): Promise<void> {
    const { writes } = this.#parts;
    const rows = rowsOf(records);
    const made = new Set((await writes.run((sql) => insertRows(sql, rows), left)).map((row) => row.n));
    let older = records.filter((_, index) => !made.has(index + 1));
    for (let round = 0; older.length > 0; round++) {
      if (round === mostConflicts) throw new StoreUnavailable("Somebody else changes the links that are taken over.");
      older = await this.#overwrite(older, left);
    }
  }

  /** Writes records over older versions, one after the other, and gives those that somebody else changed meanwhile. */
  async #overwrite(records: readonly LinkRecord[], left: number): Promise<LinkRecord[]> {
    const { writes } = this.#parts;
    const hosts = records.map((record) => record.host);
    const slugs = records.map((record) => record.slug);
    const rows = await writes.run(
      (sql) => sql<LinkRow[]>`
        SELECT id, host, slug, doc FROM links
        WHERE (host, slug) IN (SELECT * FROM unnest(${sql.array(hosts, "TEXT")}, ${sql.array(slugs, "TEXT")}))`,
      left,
    );
    const there = new Map(rows.map((row) => [keyOf(row), row]));
    const missed: LinkRecord[] = [];
    for (const next of records) {
      const row = there.get(keyOf(next));
      if (row === undefined) throw new StoreUnavailable(`${JSON.stringify(keyOf(next))} is taken, but can't be read.`);
      const current = decodeRecord(row, row.doc);
      if (current.version >= next.version) continue;
      const change = { current, next, writeId: "", last: isAnotherLink(current, next) };
      const moved = await writes.run((sql) => replaceRow(sql, row, change), left);
      if (moved.length === 0) missed.push(next);
    }
    return missed;
  }

  async scanDocuments(cursor: string | null, limit: number): Promise<ContentPage<Document>> {
    const after = keyAfter(cursor);
    const now = this.#parts.clock();
    const rows = await this.#parts.lists.run(
      (sql) => sql<DocumentRow[]>`
        SELECT kind, id, value, version, expires_at FROM registry
        WHERE (kind, id) > (${after.kind}, ${after.id}) AND (expires_at IS NULL OR expires_at > ${now}::bigint)
        ORDER BY kind, id LIMIT ${limit}`,
    );
    const last = rows.at(-1);
    return {
      items: rows.map(({ expires_at: expiresAt, ...document }) => ({
        ...document,
        expiresAt: expiresAt === null ? null : Number(expiresAt),
      })),
      next: last === undefined || rows.length < limit ? null : keyCursor(last),
    };
  }

  async adoptDocuments(documents: readonly Document[]): Promise<void> {
    assertCount(documents.length);
    await untilKnown(this.#parts.writeLimit, (left) =>
      this.#parts.writes.run(
        (sql) => sql`
          INSERT INTO registry (kind, id, value, version, expires_at, write_id)
          SELECT kind, id, value, version, nullif(expires_at, '')::bigint, ''
          FROM unnest(
            ${texts(sql, documents, (one) => one.kind)}, ${texts(sql, documents, (one) => one.id)},
            ${texts(sql, documents, (one) => one.value)}, ${sql.array(
              documents.map((one) => one.version),
              "INTEGER",
            )},
            ${texts(sql, documents, (one) => (one.expiresAt === null ? "" : String(one.expiresAt)))}
          ) AS t (kind, id, value, version, expires_at) ORDER BY kind COLLATE "C", id COLLATE "C"
          ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value, version = excluded.version,
            expires_at = excluded.expires_at, write_id = ''`,
        left,
      ),
    );
  }
}

function texts(sql: Bun.SQL, documents: readonly Document[], text: (document: Document) => string) {
  return sql.array(documents.map(text), "TEXT");
}

function assertCount(count: number): void {
  if (count > adoptLimit) throw new RangeError(`At most ${adoptLimit} records at once, not ${count}.`);
}
