import type { LinkRecord } from "../../core/link.ts";
import { termsOf } from "../sql/terms.ts";
import { bucketEntry, type Place } from "./buckets.ts";
import type { Cluster, Statement } from "./cluster.ts";

/** One row of the index: the first letter and the word, or what is matched as a whole and no word. */
export interface Term {
  readonly stem: string;
  readonly word: string;
}

/** All links have it. */
export const everything: Term = { stem: bucketEntry, word: "" };

/** How many letters of a word say in which buckets to look for it. A shorter prefix is looked for in all. */
const entryLength = 3;
/** How many entries of the directory this process remembers to have written. */
const remembered = 50_000;

/** The first letter of a word: rows of a bucket are sorted by it. */
export function stemOf(word: string): string {
  return String.fromCodePoint(word.codePointAt(0) ?? 0);
}

/** What lists the buckets in which the words with this prefix are. */
export function entryOfPrefix(prefix: string): string {
  const letters = [...prefix];
  return letters.length < entryLength ? bucketEntry : `w${letters.slice(0, entryLength).join("")}`;
}

function entryOf({ stem, word }: Term): string {
  return word === "" ? stem : entryOfPrefix(word);
}

/** The terms of a link by their names; none if it is deleted. */
export function indexOf(record: LinkRecord): Map<string, Term> {
  if (record.deletedAt !== null) return new Map();
  const { words, tokens } = termsOf(record);
  const all = [
    everything,
    ...words.map((word) => ({ stem: stemOf(word), word })),
    ...tokens.map((stem) => ({ stem, word: "" })),
  ];
  return new Map(all.map((term) => [`${term.stem}\n${term.word}`, term]));
}

/**
 * Writes and removes index rows. Their time is the version of the link, not a clock: what version `n` removes is older
 * than what version `n + 1` adds, however late the removal comes.
 */
export class TermIndex {
  readonly #cluster: Cluster;
  /** A place in it is never taken back, so what was written once stays. */
  #entries = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async add(record: LinkRecord, terms: readonly Term[], { bucket, pos }: Place): Promise<void> {
    const { host, slug, version } = record;
    const rows = terms.map(
      ({ stem, word }): Statement => ({
        query: "INSERT INTO terms (bucket, stem, word, pos, host, slug) VALUES (?, ?, ?, ?, ?, ?)",
        params: [bucket, stem, word, pos, host, slug],
      }),
    );
    const entries = new Set(terms.map(entryOf).filter((entry) => entry !== bucketEntry));
    const unwritten = [...entries].filter((entry) => !this.#entries.has(`${bucket} ${entry}`));
    const places = unwritten.map(
      (entry): Statement => ({ query: "INSERT INTO directory (entry, item) VALUES (?, ?)", params: [entry, bucket] }),
    );
    await Promise.all([this.#cluster.write(places, 2 * version), this.#cluster.write(rows, 2 * version, true)]);
    if (this.#entries.size > remembered) this.#entries = new Set();
    for (const entry of unwritten) this.#entries.add(`${bucket} ${entry}`);
  }

  /** Removes what versions before `version` added. */
  async remove(version: number, terms: readonly Term[], { bucket, pos }: Place): Promise<void> {
    const rows = terms.map(
      ({ stem, word }): Statement => ({
        query: "DELETE FROM terms WHERE bucket = ? AND stem = ? AND word = ? AND pos = ?",
        params: [bucket, stem, word, pos],
      }),
    );
    await this.#cluster.write(rows, 2 * version - 1, true);
  }
}
