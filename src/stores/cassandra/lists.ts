import { invalidInput } from "../../core/errors.ts";
import type { LinkId, LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import type { ListPage, ListQuery } from "../../core/store.ts";
import { matches } from "../matches.ts";
import { tagToken, targetToken } from "../sql/terms.ts";
import { bucketEntry, firstBucket, type Place } from "./buckets.ts";
import type { Cluster } from "./cluster.ts";
import { type LinkRow, selectLink } from "./links.ts";
import { entryOfPrefix, everything, stemOf } from "./terms.ts";

/** How many rows one page may look at, and for how long (ms). */
const rowLimit = 10_000;
const timeLimit = 150;
/** How many buckets are looked up at once. */
const bucketPage = 100;
/** A prefix with more rows than this in a bucket is so common there that the bucket's links are looked through. */
const rangeLimit = 2000;

interface IndexRow extends LinkId {
  readonly pos: string;
}

type Order = ListQuery["order"];

/** Index rows of a bucket after a position, in order; `whole`: nothing is left there. */
interface Scanned {
  readonly rows: readonly IndexRow[];
  readonly whole: boolean;
}

/** What leads to the links of a list. */
interface Source {
  /** The entry of the directory that has the buckets. */
  readonly entry: string;
  rows(place: Place, limit: number): Promise<Scanned>;
}

/** Where to go on: within a bucket, after a position; an empty one is before the first. */
const cursorForm = /^(\d{16})\.((?:\d{16}[0-9a-z]{6})?)$/;

/** Reads links in order of their creation: bucket by bucket, from index rows to the links they name. */
export class LinkLists {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async list(query: ListQuery): Promise<ListPage> {
    const from = placeOf(query);
    const source = this.#sourceOf(query);
    const deadline = performance.now() + timeLimit;
    const records: LinkRecord[] = [];
    let looked = 0;
    for await (const bucket of this.#buckets(source.entry, query.order, from?.bucket)) {
      let place: Place = { bucket, pos: bucket === from?.bucket ? from.pos : "" };
      for (let whole = false; !whole; ) {
        if (looked >= rowLimit || (looked > 0 && performance.now() > deadline))
          return { records, next: cursorOf(place) };
        const scanned = await source.rows(place, Math.min(200, Math.max(20, query.limit - records.length + 1)));
        const found = await this.#links(scanned.rows);
        for (const [index, row] of scanned.rows.entries()) {
          if (records.length === query.limit) return { records, next: cursorOf(place) };
          place = { bucket, pos: row.pos };
          const record = found[index];
          if (record !== undefined && matches(query, record)) records.push(record);
        }
        whole = scanned.whole;
        // An empty bucket costs a read too.
        looked += scanned.rows.length + 1;
      }
    }
    return { records, next: null };
  }

  async findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]> {
    const stem = targetToken(host, url);
    const records: LinkRecord[] = [];
    for await (const bucket of this.#buckets(stem, "oldest", undefined)) {
      let place: Place = { bucket, pos: "" };
      for (let whole = false; !whole; ) {
        const scanned = await this.#termRows(stem, place, "oldest", limit);
        for (const record of await this.#links(scanned.rows)) {
          if (record?.deletedAt !== null || record.host !== host || record.url !== url) continue;
          records.push(record);
          if (records.length === limit) return records;
        }
        whole = scanned.whole;
        place = { bucket, pos: scanned.rows.at(-1)?.pos ?? "" };
      }
    }
    return records;
  }

  #sourceOf({ words, tag, order }: ListQuery): Source {
    const byTerm = (stem: string): Source => ({
      entry: stem,
      rows: (place, limit) => this.#termRows(stem, place, order, limit),
    });
    if (tag !== null) return byTerm(tagToken(tag));
    const [longest] = [...words].sort((a, b) => b.length - a.length);
    if (longest === undefined) return byTerm(everything.stem);
    const prefix = longest.toWellFormed();
    return { entry: entryOfPrefix(prefix), rows: (place, limit) => this.#wordRows(prefix, place, order, limit) };
  }

  /** Buckets with this entry, in order, from `from` on. */
  async *#buckets(entry: string, order: Order, from: string | undefined): AsyncGenerator<string> {
    const newest = order === "newest";
    // Nobody wrote down the first of all.
    const first = entry === bucketEntry ? [firstBucket] : [];
    if (!newest && (from ?? firstBucket) === firstBucket) yield* first;
    for (let start = from ?? (newest ? "~" : ""), done = ""; ; start = done) {
      const rows = await this.#cluster.read<{ item: string }>(
        newest
          ? "SELECT item FROM directory WHERE entry = ? AND item <= ? ORDER BY item DESC LIMIT ?"
          : "SELECT item FROM directory WHERE entry = ? AND item >= ? ORDER BY item ASC LIMIT ?",
        [entry, start, bucketPage],
        { limit: this.#cluster.writeLimit },
      );
      for (const { item } of rows) if (item !== done) yield item;
      if (rows.length < bucketPage) break;
      done = rows.at(-1)?.item ?? done;
    }
    if (newest) yield* first;
  }

  /** The rows of one term, which are in order. */
  async #termRows(stem: string, { bucket, pos }: Place, order: Order, limit: number): Promise<Scanned> {
    const rows = await this.#cluster.read<IndexRow>(
      order === "newest"
        ? "SELECT pos, host, slug FROM terms WHERE bucket = ? AND stem = ? AND word = '' AND pos < ? ORDER BY stem DESC, word DESC, pos DESC LIMIT ?"
        : "SELECT pos, host, slug FROM terms WHERE bucket = ? AND stem = ? AND word = '' AND pos > ? ORDER BY stem ASC, word ASC, pos ASC LIMIT ?",
      [bucket, stem, pos === "" && order === "newest" ? "~" : pos, limit],
      { limit: this.#cluster.writeLimit },
    );
    return { rows, whole: rows.length < limit };
  }

  /** The rows of all words with a prefix, which have to be sorted. */
  async #wordRows(prefix: string, place: Place, order: Order, limit: number): Promise<Scanned> {
    const { bucket, pos } = place;
    // In the order of bytes nothing that begins with the prefix comes after this.
    const found = await this.#cluster.read<IndexRow>(
      "SELECT pos, host, slug FROM terms WHERE bucket = ? AND stem = ? AND word >= ? AND word < ? LIMIT ?",
      [bucket, stemOf(prefix), prefix, `${prefix}\u{10ffff}`, rangeLimit],
      { limit: this.#cluster.writeLimit },
    );
    if (found.length === rangeLimit) return this.#termRows(everything.stem, place, order, limit);
    const newest = order === "newest";
    const left = found.filter((row) => pos === "" || (newest ? row.pos < pos : row.pos > pos));
    const each = [...new Map(left.map((row) => [row.pos, row])).values()];
    each.sort((a, b) => (a.pos < b.pos === newest ? 1 : -1));
    return { rows: each.slice(0, limit), whole: each.length <= limit };
  }

  /** The links that index rows name, where they are still the ones that were meant. */
  async #links(rows: readonly IndexRow[]): Promise<(LinkRecord | undefined)[]> {
    const records: (LinkRecord | undefined)[] = [];
    for (let start = 0; start < rows.length; start += 50) {
      const part = rows.slice(start, start + 50).map(async (row) => {
        const [link] = await this.#cluster.read<LinkRow>(selectLink, [row.host, row.slug], {
          limit: this.#cluster.writeLimit,
        });
        return link?.pos === row.pos ? decodeRecord(row, link.doc) : undefined;
      });
      records.push(...(await Promise.all(part)));
    }
    return records;
  }
}

function cursorOf({ bucket, pos }: Place): string {
  return `${bucket}.${pos}`;
}

function placeOf(query: ListQuery): Place | undefined {
  if (query.cursor === null) return undefined;
  const found = cursorForm.exec(query.cursor);
  if (found !== null) return { bucket: found[1] ?? "", pos: found[2] ?? "" };
  throw invalidInput([
    { path: "cursor", message: `${JSON.stringify(query.cursor)} is no cursor. The "next" of a list is.` },
  ]);
}
