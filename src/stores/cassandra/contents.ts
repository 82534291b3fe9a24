import { isAnotherLink, type LinkId, type LinkRecord } from "../../core/link.ts";
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import type { ContentPage, Contents, Document } from "../../core/store.ts";
import type { Buckets, Place } from "./buckets.ts";
import type { Cluster } from "./cluster.ts";
import type { Feed } from "./feed.ts";
import { insertLink, isStorable, type LinkRow, selectLink, updateLink } from "./links.ts";
import { type CassandraRegistry, type DocumentRow, documentOf } from "./registry.ts";
import { indexOf, type TermIndex } from "./terms.ts";
import { Lanes } from "./turns.ts";
import { newWriteId, withWrite } from "./write-ids.ts";

const adoptLimit = 1000;
/** Below all tokens that a partition can have. */
const beforeAll = -(2n ** 63n);

/** A row beside the token of its partition, which is where it stands in a scan. */
type Scanned<T> = T & { readonly at: bigint };

export interface ContentParts {
  readonly cluster: Cluster;
  readonly buckets: Buckets;
  readonly index: TermIndex;
  readonly feed: Feed;
  readonly registry: CassandraRegistry;
  /** ms since 1970; documents expire by it. */
  readonly clock: () => number;
}

/** Reads everything in the order of the partitions' tokens, which stay what they are. */
export class CassandraContents implements Contents {
  readonly #parts: ContentParts;
  readonly #lanes = new Lanes(48);

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  async scanLinks(cursor: string | null, limit: number): Promise<ContentPage<LinkRecord>> {
    const query = "SELECT host, slug, doc, token(host, slug) AS at FROM links WHERE token(host, slug) > ? LIMIT ?";
    const { rows, next } = await this.#scan<LinkId & { readonly doc: string }>(query, cursor, limit);
    return { items: rows.map(({ host, slug, doc }) => decodeRecord({ host, slug }, doc)), next };
  }

  async adoptLinks(records: readonly LinkRecord[]): Promise<void> {
    assertCount(records.length);
    const bad = records.find((record) => !isStorable(record));
    if (bad !== undefined)
      throw new RangeError(`${JSON.stringify(bad.slug)} can't be a slug: it is no text that Cassandra can keep.`);
    const { buckets, cluster } = this.#parts;
    cluster.check();
    const places = await buckets.places(records.length);
    await this.#allOf(records, (record, index) =>
      cluster.untilKnown((left) => this.#adopt(record, places[index] as Place, left)),
    );
  }

  /** `fresh`: where it goes if it becomes the newest of the list. */
  async #adopt(record: LinkRecord, fresh: Place, left: number): Promise<void> {
    const { cluster, feed, index } = this.#parts;
    const { host, slug, version } = record;
    // What a plain read does not see yet is met by the condition, and then read for certain.
    for (let serial = false; ; serial = true) {
      const [row] = await cluster.read<LinkRow>(selectLink, [host, slug], { limit: left, serial });
      const current = row && decodeRecord(record, row.doc);
      if (current !== undefined && current.version >= version) return;
      const place = row === undefined || (current && isAnotherLink(current, record)) ? fresh : row;
      const before = current === undefined ? new Map<string, never>() : indexOf(current);
      const after = indexOf(record);
      const come = [...after].flatMap(([name, term]) => (place === fresh || !before.has(name) ? [term] : []));
      const gone = [...before].flatMap(([name, term]) => (place === fresh || !after.has(name) ? [term] : []));
      await Promise.all([feed.note(record), index.add(record, come, place)]);
      const doc = encodeRecord(record);
      const lost =
        row === undefined
          ? await cluster.compareAndSet(
              `${insertLink} IF NOT EXISTS`,
              [host, slug, version, doc, place.bucket, place.pos, record.token],
              left,
            )
          : await cluster.compareAndSet(
              updateLink,
              [version, doc, place.bucket, place.pos, withWrite(newWriteId(), row.writes), host, slug, row.version],
              left,
            );
      if (lost !== undefined) continue;
      if (gone.length > 0 && row !== undefined) cluster.behind(() => index.remove(version, gone, row));
      return;
    }
  }

  async scanDocuments(cursor: string | null, limit: number): Promise<ContentPage<Document>> {
    const query =
      "SELECT kind, id, value, version, expires_at, writes, token(kind, id) AS at FROM registry WHERE token(kind, id) > ? LIMIT ?";
    const { rows, next } = await this.#scan<DocumentRow & { kind: string; id: string }>(query, cursor, limit);
    const now = this.#parts.clock();
    return { items: rows.flatMap((row) => documentOf(row.kind, row.id, row, now) ?? []), next };
  }

  async adoptDocuments(documents: readonly Document[]): Promise<void> {
    assertCount(documents.length);
    this.#parts.cluster.check();
    await this.#allOf(documents, (document) => this.#parts.registry.adopt(document));
  }

  /** The rows after a cursor. Two partitions of one token, split by a page, would lose one: no such pair is to be expected. */
  async #scan<T>(query: string, cursor: string | null, limit: number) {
    const { cluster } = this.#parts;
    const after = cursor === null ? beforeAll : BigInt(cursor);
    const rows = await cluster.read<Scanned<T>>(query, [after, limit], { limit: cluster.writeLimit });
    const last = rows.at(-1);
    return { rows, next: last === undefined || rows.length < limit ? null : String(last.at) };
  }

  /** All of them end before the answer: one that failed does not leave others under way. */
  async #allOf<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(items.map((item, index) => this.#lanes.run(() => work(item, index))));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }
}

function assertCount(count: number): void {
  if (count > adoptLimit) throw new RangeError(`At most ${adoptLimit} records at once, not ${count}.`);
}
