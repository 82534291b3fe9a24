import { decodeRecord } from "../../core/record.ts";
import { bucketEntry, firstBucket } from "./buckets.ts";
import type { Cluster } from "./cluster.ts";
import { type LinkRow, selectLink } from "./links.ts";
import { indexOf } from "./terms.ts";

export interface IndexCheckOptions {
  /** Removes the dangling rows that are still dangling when all writes of now have ended. */
  readonly repair: boolean;
  readonly signal: AbortSignal;
  /** How many rows were looked at. */
  readonly onProgress: (rows: number) => void;
  /** How long to wait before a dangling row is believed to be one, in ms (three times as long as a write may take). */
  readonly settle?: number;
}

export interface IndexReport {
  readonly rows: number;
  /** Rows that lead to no link which has them: left by a writer that died, or that lost a race. */
  readonly dangling: number;
  readonly removed: number;
  /** More were found than one run remembers; another run finds the rest. */
  readonly more: boolean;
}

interface TermRow {
  readonly bucket: string;
  readonly stem: string;
  readonly word: string;
  readonly pos: string;
  readonly host: string;
  readonly slug: string;
  /** When it was written, in the index's own time. */
  readonly at: bigint;
}

const page = 1000;
const bucketPage = 1000;
/** How many dangling rows one run remembers. */
const remembered = 100_000;

/**
 * Looks through all index rows, bucket by bucket, for those that no link has: harmless, but each costs a read whenever
 * a list passes it. A row is written before its link, so one is believed to dangle only when it still does after every
 * write that may be under way has ended. What is removed is removed as of the row's own time: a row that a later version
 * of the link adds is newer, and stays.
 */
export async function checkIndex(cluster: Cluster, options: IndexCheckOptions): Promise<IndexReport> {
  const { repair, signal, onProgress, settle = 3 * cluster.writeLimit } = options;
  const dangling: TermRow[] = [];
  let rows = 0;
  for await (const bucket of bucketsOf(cluster))
    for await (const some of rowsOf(cluster, bucket)) {
      signal.throwIfAborted();
      const found = await danglingOf(cluster, some);
      dangling.push(...found.slice(0, remembered - dangling.length));
      rows += some.length;
      onProgress(rows);
    }
  if (dangling.length > 0) await Bun.sleep(settle);
  const still: TermRow[] = [];
  for (let start = 0; start < dangling.length; start += page) {
    signal.throwIfAborted();
    const some = await danglingOf(cluster, dangling.slice(start, start + page));
    if (repair) await remove(cluster, some);
    still.push(...some);
  }
  const more = dangling.length === remembered;
  return { rows, dangling: still.length, removed: repair ? still.length : 0, more };
}

async function* bucketsOf(cluster: Cluster): AsyncGenerator<string> {
  // Nobody wrote down the first of all.
  yield firstBucket;
  for (let after = ""; ; ) {
    const query = "SELECT item FROM directory WHERE entry = ? AND item > ? ORDER BY item ASC LIMIT ?";
    const found = await cluster.read<{ item: string }>(query, [bucketEntry, after, bucketPage], {
      limit: cluster.writeLimit,
    });
    for (const { item } of found) yield item;
    if (found.length < bucketPage) return;
    after = found.at(-1)?.item ?? after;
  }
}

async function* rowsOf(cluster: Cluster, bucket: string): AsyncGenerator<TermRow[]> {
  const query =
    "SELECT bucket, stem, word, pos, host, slug, writetime(host) AS at FROM terms WHERE bucket = ? AND (stem, word, pos) > (?, ?, ?) LIMIT ?";
  for (let after = ["", "", ""]; ; ) {
    const rows = await cluster.read<TermRow>(query, [bucket, ...after, page], { limit: cluster.writeLimit });
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return;
    after = [last.stem, last.word, last.pos];
  }
}

/** Those among the rows that lead to no link, to one that stands elsewhere, or to one that has not this word. */
async function danglingOf(cluster: Cluster, rows: readonly TermRow[]): Promise<TermRow[]> {
  const bySlug = [...Map.groupBy(rows, ({ host, slug }) => `${host}\n${slug}`).values()];
  const dangling: TermRow[] = [];
  for (let start = 0; start < bySlug.length; start += 50)
    await Promise.all(
      bySlug.slice(start, start + 50).map(async (some) => {
        const [{ host, slug } = { host: "", slug: "" }] = some;
        const query = { limit: cluster.writeLimit };
        const [link] = await cluster.read<LinkRow>(selectLink, [host, slug], query);
        const terms = link === undefined ? undefined : indexOf(decodeRecord({ host, slug }, link.doc));
        const has = ({ stem, word, pos }: TermRow) => link?.pos === pos && terms?.has(`${stem}\n${word}`) === true;
        dangling.push(...some.filter((row) => !has(row)));
      }),
    );
  return dangling;
}

async function remove(cluster: Cluster, rows: readonly TermRow[]): Promise<void> {
  for (const row of rows) {
    const query = "DELETE FROM terms WHERE bucket = ? AND stem = ? AND word = ? AND pos = ?";
    await cluster.write([{ query, params: [row.bucket, row.stem, row.word, row.pos] }], Number(row.at));
  }
}
