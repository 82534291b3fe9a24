import type { LinkRecord } from "../../core/link.ts";
import type { ListPage, ListQuery } from "../../core/store.ts";
import { endId, matches, positionOf } from "../matches.ts";
import type { Reader } from "./reader.ts";
import type { FullLinkRow } from "./rows.ts";
import { partBits, partCode, partOf, quoted, tagToken, targetToken } from "./terms.ts";

/** How many rows one page may look at, and for how long (ms): a worker serves nobody meanwhile. */
const rowLimit = 10_000;
const timeLimit = 20;
/** A part's list of links is built once for each prefix, so that further words are compared in the rows instead. */
const prefixLimit = 3;

const columns = "l.id, l.host, l.slug, l.doc, l.sum";
const indexed = "FROM words w CROSS JOIN links l ON l.id = w.rowid WHERE w.words MATCH ?";

/** Reads links in order of their creation. */
export class LinkLists {
  readonly #reader: Reader;
  readonly #all;
  readonly #matching;
  readonly #lastId;
  #term: ReturnType<LinkLists["wordIndex"]> | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
    const { connection } = reader;
    const all = (where: string) =>
      connection.prepare<FullLinkRow, [number, number]>(`SELECT ${columns} FROM links l WHERE ${where}`);
    const matching = (where: string) =>
      connection.prepare<FullLinkRow, [string, number, number, number]>(`SELECT ${columns} ${indexed} AND ${where}`);
    this.#all = {
      newest: all("l.id < ? ORDER BY l.id DESC LIMIT ?"),
      oldest: all("l.id > ? ORDER BY l.id LIMIT ?"),
    };
    this.#matching = {
      newest: matching("w.rowid > ? AND w.rowid < ? ORDER BY w.rowid DESC LIMIT ?"),
      oldest: matching("w.rowid > ? AND w.rowid < ? ORDER BY w.rowid LIMIT ?"),
    };
    this.#lastId = connection.prepare<{ id: number | null }, []>("SELECT max(id) AS id FROM links");
  }

  list(query: ListQuery): ListPage {
    this.#reader.assertHealthy("further links");
    const scan = this.#scan(query);
    const records: LinkRecord[] = [];
    const deadline = performance.now() + timeLimit;
    let position = positionOf(query);
    let looked = 0;
    for (;;) {
      const { rows, end } = scan(position, Math.min(500, Math.max(50, query.limit - records.length + 1)));
      for (const row of rows) {
        if (records.length === query.limit) return { records, next: String(position) };
        position = row.id;
        const record = this.#reader.record(row, row);
        if (matches(query, record)) records.push(record);
      }
      if (end === null) return { records, next: null };
      position = end;
      looked += rows.length;
      if (looked >= rowLimit || performance.now() > deadline) return { records, next: String(position) };
    }
  }

  findByTarget(host: string, url: string, limit: number): LinkRecord[] {
    this.#reader.assertHealthy(url);
    const token = quoted(targetToken(host, url));
    const records: LinkRecord[] = [];
    let position = 0;
    for (;;) {
      const rows = this.#reader.use(() => this.#matching.oldest.all(token, position, endId, limit + 1));
      for (const row of rows) {
        position = row.id;
        const record = this.#reader.record(row, row);
        if (record.deletedAt === null && record.host === host && record.url === url) records.push(record);
        if (records.length === limit) return records;
      }
      if (rows.length <= limit) return records;
    }
  }

  /** Reads some rows after a position; `end` is where to go on, `null` if nothing is left. */
  #scan(query: ListQuery): (position: number, limit: number) => { rows: FullLinkRow[]; end: number | null } {
    const { order } = query;
    const tag = query.tag === null ? [] : [quoted(tagToken(query.tag))];
    if (query.words.length > 0) return (position, limit) => this.#scanPart(query, tag, position, limit);
    return (position, limit) => {
      const rows = this.#reader.use(() => {
        if (tag[0] === undefined) return this.#all[order].all(position, limit);
        const [low, high] = order === "newest" ? [0, position] : [position, endId];
        return this.#matching[order].all(tag[0], low, high, limit);
      });
      return { rows, end: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
    };
  }

  /** Whether a term of the index begins with this. It is one step down a tree, where a prefix in a query is the list of all its links. */
  #begins(prefix: string): boolean {
    this.#term ??= this.wordIndex();
    return this.#term.get(prefix)?.term.startsWith(prefix) === true;
  }

  private wordIndex() {
    const { connection } = this.#reader;
    connection.db.run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, words, instance)");
    return connection.prepare<{ term: string }, [string]>("SELECT term FROM temp.terms WHERE term >= ? LIMIT 1");
  }

  /** Looks into the part of the word index that the position is in; `end` is in the next part when this one is through. */
  #scanPart(query: ListQuery, tag: string[], position: number, limit: number) {
    const newest = query.order === "newest";
    const lastId = this.#reader.use(() => this.#lastId.get())?.id ?? 0;
    // The first id not looked at yet.
    const from = newest ? Math.min(position - 1, lastId) : position + 1;
    if (from < 1 || from > lastId) return { rows: [], end: null };
    const part = partOf(from);
    const code = partCode(part);
    const prefixes = [...query.words].sort((a, b) => b.length - a.length).slice(0, prefixLimit);
    const expression = [...prefixes.map((word) => `${quoted(code + word)} *`), ...tag].join(" AND ");
    const first = part * 2 ** partBits;
    const [low, high] = newest ? [first - 1, from + 1] : [from - 1, first + 2 ** partBits];
    const rows = this.#reader.use(() =>
      prefixes.every((word) => this.#begins(code + word.toWellFormed()))
        ? this.#matching[query.order].all(expression, low, high, limit)
        : [],
    );
    if (rows.length === limit) return { rows, end: rows.at(-1)?.id ?? null };
    if (newest) return { rows, end: first > 1 ? first : null };
    return { rows, end: high <= lastId ? high - 1 : null };
  }
}
