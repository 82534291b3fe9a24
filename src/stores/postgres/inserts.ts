import type { SQL } from "bun";
import { keyOf, type LinkRecord } from "../../core/link.ts";
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import { type InsertOutcome, StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { termsOf } from "../sql/terms.ts";
import { Unsent } from "./failure.ts";
import type { PostgresMutants } from "./mutants.ts";
import type { Pool } from "./pool.ts";
import { untilKnown } from "./repeat.ts";

/** One statement takes so many records at most, or one caller's. */
const batchLimit = 1000;
/** So many statements are under way at once; what comes meanwhile gathers for the next. */
const flightLimit = 2;
/** More waiting records than this are refused at once. */
const queueLimit = 20_000;

interface Waiting {
  readonly records: readonly LinkRecord[];
  resolve(outcomes: InsertOutcome[]): void;
  reject(error: unknown): void;
}

/**
 * Inserts links. What is asked for in one turn of the event loop, and while earlier statements are under way, goes into
 * one statement, which is one commit. A statement whose outcome is unknown is made again: the links it made have the
 * tokens of the same records.
 */
export class Inserter {
  readonly #pool: Pool;
  readonly #limit: number;
  readonly #tokenless: boolean;
  #queue: Waiting[] = [];
  #queued = 0;
  #flights = 0;
  #scheduled = false;

  /** `limit`: how long a call may take, in ms. */
  constructor(pool: Pool, limit: number, mutants: PostgresMutants) {
    this.#pool = pool;
    this.#tokenless = mutants.includes("tokenless");
    this.#limit = limit;
  }

  insert(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    const refusal = this.#pool.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (records.length === 0) return Promise.resolve([]);
    if (this.#queued + records.length > queueLimit)
      return Promise.reject(new Unsent(`${this.#queued} links wait for the store already.`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, resolve, reject });
      this.#queued += records.length;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#flights >= flightLimit || this.#queue.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const batch = this.#take();
      this.#flights++;
      void this.#fly(batch).finally(() => {
        this.#flights--;
        this.#schedule();
      });
      this.#schedule();
    });
  }

  #take(): Waiting[] {
    let count = 0;
    let calls = 0;
    for (const { records } of this.#queue) {
      if (calls > 0 && count + records.length > batchLimit) break;
      count += records.length;
      calls++;
    }
    this.#queued -= count;
    return this.#queue.splice(0, calls);
  }

  async #fly(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#write(batch.flatMap((waiting) => waiting.records));
      let from = 0;
      for (const { records, resolve } of batch) {
        resolve(outcomes.slice(from, from + records.length));
        from += records.length;
      }
    } catch (error) {
      // What one record spoiled is tried by each caller alone.
      const known = error instanceof StoreUnavailable || error instanceof StoreDamaged;
      if (known || batch.length === 1) for (const waiting of batch) waiting.reject(error);
      else for (const waiting of batch) await this.#fly([waiting]);
    }
  }

  #write(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    const rows = rowsOf(records);
    return untilKnown(this.#limit, async (left) => {
      const won = await this.#pool.run((sql) => insertRows(sql, rows), left);
      const made = new Set(won.map((row) => row.n));
      const lost = records.filter((_, index) => !made.has(index + 1));
      const there = lost.length === 0 ? new Map() : await this.#owners(lost, left);
      return records.map((record, index): InsertOutcome => {
        if (made.has(index + 1)) return { outcome: "inserted", record };
        const by = there.get(keyOf(record));
        if (by === undefined)
          throw new StoreDamaged(`${JSON.stringify(keyOf(record))} is taken, but can't be read. Run curt doctor.`);
        return by.token === record.token && !this.#tokenless
          ? { outcome: "inserted", record: by }
          : { outcome: "taken", by };
      });
    });
  }

  /** Who has the slugs, read after the insert: its own snapshot does not see what was committed during it. */
  async #owners(records: readonly LinkRecord[], limit: number): Promise<Map<string, LinkRecord>> {
    const hosts = records.map((record) => record.host);
    const slugs = records.map((record) => record.slug);
    const rows = await this.#pool.run(
      (sql) => sql<{ host: string; slug: string; doc: string }[]>`
        SELECT host, slug, doc FROM links
        WHERE (host, slug) IN (SELECT * FROM unnest(${sql.array(hosts, "TEXT")}, ${sql.array(slugs, "TEXT")}))`,
      limit,
    );
    return new Map(rows.map((row) => [keyOf(row), decodeRecord(row, row.doc)]));
  }
}

type Column = string[];

/** The rows of records, column by column: versions, hosts, slugs, documents, words and tokens. */
export function rowsOf(records: readonly LinkRecord[]): readonly [number[], Column, Column, Column, Column, Column] {
  const terms = records.map(termsOf);
  return [
    records.map((record) => record.version),
    records.map((record) => record.host),
    records.map((record) => record.slug),
    records.map(encodeRecord),
    terms.map(({ words }) => [...new Set(words)].join(" ")),
    terms.map(({ tokens }) => [...new Set(tokens)].join(" ")),
  ];
}

/**
 * Gives the numbers, from 1, of the records whose slugs nobody had. Ids are given in the order of the records, and rows
 * locked in the order of slugs, so that no two nodes wait for each other.
 */
export async function insertRows(sql: SQL, rows: ReturnType<typeof rowsOf>): Promise<{ n: number }[]> {
  const [numbers, ...texts] = rows;
  const versions = sql.array(numbers, "INTEGER");
  const [hosts, slugs, docs, words, tokens] = texts.map((column) => sql.array(column, "TEXT"));
  return sql<{ n: number }[]>`
    WITH input AS MATERIALIZED (
      SELECT nextval('link_ids') AS id, t.n::integer AS n, version, host, slug, doc, words, tokens
      FROM unnest(${versions}, ${hosts}, ${slugs}, ${docs}, ${words}, ${tokens})
        WITH ORDINALITY AS t (version, host, slug, doc, words, tokens, n)
    ), won AS (
      INSERT INTO links (id, host, slug, version, doc, write_id)
      SELECT id, host, slug, version, doc, '' FROM input ORDER BY host COLLATE "C", slug COLLATE "C", id
      ON CONFLICT (host, slug) DO NOTHING RETURNING id
    ), made AS (
      SELECT input.* FROM input JOIN won USING (id)
    ), indexed AS (
      INSERT INTO link_words (part, word, id)
      SELECT (id >> 15)::integer, unnest(string_to_array(words, ' ')), id FROM made
      UNION ALL SELECT -1, unnest(string_to_array(tokens, ' ')), id FROM made
    ), noted AS (
      INSERT INTO changes (host, slug, version) SELECT host, slug, version FROM made
    )
    SELECT n FROM made`;
}
