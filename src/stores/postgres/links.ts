import type { SQL } from "bun";
import type { LinkId, LinkRecord } from "../../core/link.ts";
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import {
  type ChangePage,
  type InsertOutcome,
  type LinkStore,
  type ListPage,
  type ListQuery,
  type ReplaceOutcome,
  StoreUnavailable,
} from "../../core/store.ts";
import { termsOf } from "../sql/terms.ts";
import type { Feed } from "./feed.ts";
import { Inserter } from "./inserts.ts";
import type { LinkLists } from "./lists.ts";
import type { PostgresMutants } from "./mutants.ts";
import type { Pool } from "./pool.ts";
import { untilKnown } from "./repeat.ts";

const insertLimit = 1000;

export interface LinkRow {
  /** A bigint, as text. */
  readonly id: string;
  readonly slug: string;
  readonly doc: string;
  readonly write_id: string;
}

export interface LinkParts {
  /** For reads of single rows. */
  readonly lookups: Pool;
  readonly writes: Pool;
  /** How long a write may take, in ms. */
  readonly writeLimit: number;
  readonly lists: LinkLists;
  readonly feed: Feed;
  readonly mutants: PostgresMutants;
}

export class PostgresLinks implements LinkStore {
  readonly #parts: LinkParts;
  readonly #inserter: Inserter;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#inserter = new Inserter(parts.writes, parts.writeLimit, parts.mutants);
  }

  async insert(record: LinkRecord): Promise<InsertOutcome> {
    const [outcome] = await this.insertMany([record]);
    if (outcome === undefined) throw new StoreUnavailable("The store did not say what became of an insert.");
    return outcome;
  }

  async insertMany(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    if (records.length > insertLimit)
      throw new RangeError(`At most ${insertLimit} records at once, not ${records.length}.`);
    for (const record of records) {
      if (record.version !== 1) throw new RangeError(`A new link has version 1, not ${record.version}.`);
      if (!isStorable(record))
        throw new RangeError(`${JSON.stringify(record.slug)} can't be a slug: it is no text that Postgres can keep.`);
    }
    const outcomes = await this.#inserter.insert(records);
    this.#parts.feed.written(records.length);
    return outcomes;
  }

  async find(id: LinkId): Promise<LinkRecord | undefined> {
    const row = await this.#row(this.#parts.lookups, id);
    return row === undefined ? undefined : decodeRecord(id, row.doc);
  }

  replace(record: LinkRecord): Promise<ReplaceOutcome> {
    const writeId = crypto.randomUUID();
    return untilKnown(this.#parts.writeLimit, (left, again) => this.#replace(record, writeId, left, again));
  }

  async #replace(record: LinkRecord, writeId: string, left: number, again: boolean): Promise<ReplaceOutcome> {
    const { lookups, writes, feed, mutants } = this.#parts;
    const mine = (found: LinkRow | undefined) => found?.write_id === writeId && !mutants.includes("tokenless");
    const row = await this.#row(lookups, record, left);
    if (row === undefined) return { outcome: "conflict", current: undefined };
    if (mine(row)) return { outcome: "replaced", record };
    const current = decodeRecord(record, row.doc);
    if (current.version === record.version - 1) {
      const last = current.deletedAt !== null && record.deletedAt === null;
      const moved = await writes.run((sql) => replaceRow(sql, row, { current, next: record, writeId, last }), left);
      if (moved.length > 0) {
        feed.written(1);
        return { outcome: "replaced", record };
      }
      const now = await this.#row(writes, record, left);
      if (mine(now)) return { outcome: "replaced", record };
      return { outcome: "conflict", current: now && decodeRecord(record, now.doc) };
    }
    // Behind a newer version ours can't be seen any longer.
    if (again && current.version > record.version)
      throw new StoreUnavailable(
        `Whether version ${record.version} of ${JSON.stringify(record.slug)} was written is not known.`,
      );
    return { outcome: "conflict", current };
  }

  async #row(pool: Pool, id: LinkId, limit?: number): Promise<LinkRow | undefined> {
    if (!isStorable(id)) {
      const refusal = pool.refusal();
      if (refusal !== undefined) throw refusal;
      return undefined;
    }
    const [row] = await pool.run(
      (sql) => sql<LinkRow[]>`SELECT id, slug, doc, write_id FROM links WHERE host = ${id.host} AND slug = ${id.slug}`,
      limit,
    );
    // Clients that send several statements at once have given one the rows of another before.
    if (row !== undefined && row.slug !== id.slug) throw new StoreUnavailable("The client mixed up two answers.");
    return row;
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#parts.lists.list(query);
  }

  findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]> {
    return this.#parts.lists.findByTarget(host, url, limit);
  }

  changes(after: string | null, limit: number): Promise<ChangePage | "expired"> {
    return this.#parts.feed.changes(after, limit);
  }
}

/** Postgres keeps no NUL, and half a surrogate pair would become another text. Neither is in any slug that Curt takes. */
export function isStorable({ host, slug }: LinkId): boolean {
  return [host, slug].every((text) => text.isWellFormed() && !text.includes("\0"));
}

interface Term {
  readonly token: boolean;
  readonly word: string;
}

function indexedTerms(record: LinkRecord): Map<string, Term> {
  const { words, tokens } = termsOf(record);
  const all = [...words.map((word) => ({ token: false, word })), ...tokens.map((word) => ({ token: true, word }))];
  return new Map(all.map((term) => [term.word, term]));
}

/**
 * Writes `next` over `current`, if that is still there, and moves the index by the difference of the two; `last`: it
 * becomes the newest of the list.
 */
export function replaceRow(
  sql: SQL,
  row: Pick<LinkRow, "id">,
  { current, next, writeId, last }: { current: LinkRecord; next: LinkRecord; writeId: string; last: boolean },
) {
  const before = indexedTerms(current);
  const after = indexedTerms(next);
  const gone = [...before.values()].filter(({ word }) => !after.has(word));
  const come = [...after.values()].filter(({ word }) => !before.has(word));
  const columns = (terms: readonly Term[]) =>
    [
      sql.array(
        terms.map((term) => term.token),
        "BOOLEAN",
      ),
      sql.array(
        terms.map((term) => term.word),
        "TEXT",
      ),
    ] as const;
  const [goneTokens, goneWords] = columns(gone);
  const [comeTokens, comeWords] = columns(come);
  return sql<{ id: string }[]>`
    WITH moved AS (
      UPDATE links SET id = CASE WHEN ${last}::boolean THEN nextval('link_ids') ELSE id END,
        version = ${next.version}, doc = ${encodeRecord(next)}, write_id = ${writeId}
      WHERE host = ${next.host} AND slug = ${next.slug} AND version = ${current.version} RETURNING id
    ), gone AS (
      DELETE FROM link_words w USING moved, unnest(${goneTokens}, ${goneWords}) AS g (token, word)
      WHERE w.part = CASE WHEN g.token THEN -1 ELSE (${row.id}::bigint >> 15)::integer END AND w.word = g.word
        AND w.id = ${row.id}::bigint
    ), come AS (
      INSERT INTO link_words (part, word, id)
      SELECT CASE WHEN c.token THEN -1 ELSE (moved.id >> 15)::integer END, c.word, moved.id
      FROM moved, unnest(${comeTokens}, ${comeWords}) AS c (token, word)
    ), noted AS (
      INSERT INTO changes (host, slug, version) SELECT ${next.host}, ${next.slug}, ${next.version}::integer FROM moved
    )
    SELECT id FROM moved`;
}
