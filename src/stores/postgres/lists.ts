import type { SQL } from "bun";
import type { LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import type { ListPage, ListQuery } from "../../core/store.ts";
import { endId, matches, positionOf } from "../matches.ts";
import { partBits, partOf, tagToken, targetToken } from "../sql/terms.ts";
import type { Pool } from "./pool.ts";

/** How many rows one page may look at, and for how long (ms). */
const rowLimit = 10_000;
const timeLimit = 100;
/** Further words are compared in the rows. */
const prefixLimit = 3;
/** How many parts of the word index one statement looks into at most. */
const partLimit = 256;
const partSize = 2 ** partBits;

interface FullRow {
  /** A bigint, as text. */
  readonly id: string;
  readonly host: string;
  readonly slug: string;
  readonly doc: string;
}

/** Some rows after a position; `end` is where to go on, `null` if nothing is left. */
interface Scanned {
  readonly rows: readonly FullRow[];
  readonly end: number | null;
}

/** Reads links in order of their creation. */
export class LinkLists {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(query: ListQuery): Promise<ListPage> {
    let position = positionOf(query);
    const deadline = performance.now() + timeLimit;
    const scan = query.words.length === 0 ? this.#rows(query) : await this.#parts(query);
    const records: LinkRecord[] = [];
    let looked = 0;
    for (;;) {
      const { rows, end } = await scan(position, Math.min(500, Math.max(50, query.limit - records.length + 1)));
      for (const row of rows) {
        if (records.length === query.limit) return { records, next: String(position) };
        position = Number(row.id);
        const record = decodeRecord(row, row.doc);
        if (matches(query, record)) records.push(record);
      }
      if (end === null) return { records, next: null };
      position = end;
      looked += rows.length;
      if (looked >= rowLimit || performance.now() > deadline) return { records, next: String(position) };
    }
  }

  async findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]> {
    const token = targetToken(host, url);
    const records: LinkRecord[] = [];
    for (let position = 0; ; ) {
      const rows = await this.#pool.run((sql) => tokenRows(sql, "oldest", token, position, limit + 1));
      for (const row of rows) {
        position = Number(row.id);
        const record = decodeRecord(row, row.doc);
        if (record.deletedAt === null && record.host === host && record.url === url) records.push(record);
        if (records.length === limit) return records;
      }
      if (rows.length <= limit) return records;
    }
  }

  /** All links, or those with a tag. */
  #rows({ order, tag }: ListQuery): (position: number, limit: number) => Promise<Scanned> {
    const token = tag === null ? undefined : tagToken(tag);
    return async (position, limit) => {
      const rows = await this.#pool.run((sql) =>
        token === undefined ? allRows(sql, order, position, limit) : tokenRows(sql, order, token, position, limit),
      );
      return { rows, end: rows.length < limit ? null : Number(rows.at(-1)?.id) };
    };
  }

  /** Links with words: part by part, and twice as many parts each time that few are found. */
  async #parts(query: ListQuery): Promise<(position: number, limit: number) => Promise<Scanned>> {
    const newest = query.order === "newest";
    const [last] = await this.#pool.run((sql) => sql<{ id: string | null }[]>`SELECT max(id) AS id FROM links`);
    const lastId = Number(last?.id ?? 0);
    let parts = 1;
    return async (position, limit) => {
      // The first id not looked at yet.
      const from = newest ? Math.min(position - 1, lastId) : position + 1;
      if (from < 1 || from > lastId) return { rows: [], end: null };
      const part = partOf(from);
      const [low, high] = newest
        ? [Math.max(0, part - parts + 1), part]
        : [part, Math.min(partOf(lastId), part + parts - 1)];
      const first = Math.max(low * partSize, newest ? 0 : from);
      const end = Math.min((high + 1) * partSize, newest ? from + 1 : endId);
      const rows = await this.#pool.run((sql) => wordRows(sql, query, { low, high, first, end, limit }));
      if (rows.length === limit) return { rows, end: Number(rows.at(-1)?.id) };
      parts = Math.min(parts * 2, partLimit);
      if (newest) return { rows, end: low > 0 ? low * partSize : null };
      return { rows, end: end <= lastId ? end - 1 : null };
    };
  }
}

function allRows(sql: SQL, order: ListQuery["order"], position: number, limit: number): Promise<FullRow[]> {
  if (order === "newest")
    return sql`SELECT id, host, slug, doc FROM links WHERE id < ${position}::bigint ORDER BY id DESC LIMIT ${limit}`;
  return sql`SELECT id, host, slug, doc FROM links WHERE id > ${position}::bigint ORDER BY id LIMIT ${limit}`;
}

function tokenRows(
  sql: SQL,
  order: ListQuery["order"],
  token: string,
  position: number,
  limit: number,
): Promise<FullRow[]> {
  if (order === "newest")
    return sql`
      SELECT l.id, host, slug, doc FROM link_words w JOIN links l ON l.id = w.id
      WHERE w.part = -1 AND w.word = ${token} AND w.id < ${position}::bigint ORDER BY w.id DESC LIMIT ${limit}`;
  return sql`
    SELECT l.id, host, slug, doc FROM link_words w JOIN links l ON l.id = w.id
    WHERE w.part = -1 AND w.word = ${token} AND w.id > ${position}::bigint ORDER BY w.id LIMIT ${limit}`;
}

interface Range {
  /** The parts, both included. */
  readonly low: number;
  readonly high: number;
  /** The ids: `end` is not included. */
  readonly first: number;
  readonly end: number;
  readonly limit: number;
}

/** Links of a run of parts in whose words each prefix begins one, in the order asked for. Only their ids are sorted. */
function wordRows(sql: SQL, query: ListQuery, { low, high, first, end, limit }: Range): Promise<FullRow[]> {
  const longest = [...query.words].sort((a, b) => b.length - a.length).slice(0, prefixLimit);
  const values: (string | number)[] = [low, high, first, end, limit];
  const value = (one: string) => `$${values.push(one)}`;
  const sets = longest.map((word) => {
    const prefix = word.toWellFormed();
    // In the order of bytes nothing that begins with the prefix comes after this.
    return `SELECT id FROM link_words w WHERE w.part = p.part AND w.word >= ${value(prefix)} AND w.word < ${value(`${prefix}\u{10ffff}`)}
      AND w.id >= $3::bigint AND w.id < $4::bigint`;
  });
  if (query.tag !== null)
    sets.push(`SELECT id FROM link_words w WHERE w.part = -1 AND w.word = ${value(tagToken(query.tag))}
      AND w.id >= greatest($3::bigint, p.part::bigint << ${partBits}) AND w.id < least($4::bigint, (p.part::bigint + 1) << ${partBits})`);
  const ids = sets.length > 1 ? sets.join(" INTERSECT ") : `SELECT DISTINCT id FROM (${sets[0]}) AS one`;
  const direction = query.order === "newest" ? "DESC" : "ASC";
  return sql.unsafe(
    `SELECT l.id, host, slug, doc FROM (
       SELECT found.id FROM generate_series($1::integer, $2::integer) AS p (part) CROSS JOIN LATERAL (${ids}) AS found
       ORDER BY found.id ${direction} LIMIT $5::integer
     ) AS page JOIN links l ON l.id = page.id ORDER BY page.id ${direction}`,
    values,
  );
}
