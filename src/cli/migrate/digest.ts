import { keyOf, type LinkRecord } from "../../core/link.ts";
import type { Document, Store } from "../../core/store.ts";
import { staysBehind } from "./logbook.ts";
import { pagesOf } from "./pages.ts";

const pageSize = 1000;

/** What a store holds, in numbers that are the same in whatever order it is read. */
export interface Digest {
  readonly links: number;
  /** Of deleted links. */
  readonly marks: number;
  readonly documents: number;
  /** The sum of the hashes of all of them, in hexadecimal. */
  readonly checksum: string;
}

interface DigestOptions {
  readonly signal: AbortSignal;
  /** Documents that expire before this time (ms) are left out: they may be gone when the other store is read. */
  readonly lasting: number;
  /** Called after each page with how much it had. */
  readonly onPage: (count: number) => Promise<void>;
}

/** Reads all of a store. */
export async function digestOf({ contents }: Store, { signal, lasting, onPage }: DigestOptions): Promise<Digest> {
  const sum = new Uint64Sum();
  let links = 0;
  let marks = 0;
  let documents = 0;
  for await (const { items } of pagesOf((cursor) => contents.scanLinks(cursor, pageSize), signal)) {
    for (const record of items) {
      if (record.deletedAt === null) links++;
      else marks++;
      sum.add(canonical(record));
    }
    await onPage(items.length);
  }
  for await (const { items } of pagesOf((cursor) => contents.scanDocuments(cursor, pageSize), signal)) {
    for (const document of items) {
      if (staysBehind(document) || (document.expiresAt !== null && document.expiresAt < lasting)) continue;
      documents++;
      sum.add(canonical(document));
    }
    await onPage(items.length);
  }
  return { links, marks, documents, checksum: sum.text };
}

/** The first link or document that the two stores don't have the same; `undefined` if there is none. */
export async function firstDifference(source: Store, target: Store, options: DigestOptions) {
  const { signal, lasting } = options;
  for (const [one, other] of [
    [source, target],
    [target, source],
  ] as const) {
    for await (const { items } of pagesOf((cursor) => one.contents.scanLinks(cursor, 50), signal)) {
      const found = await Promise.all(items.map((record) => other.links.find(record)));
      const at = items.findIndex((record, index) => !isSame(record, found[index]));
      if (items[at] !== undefined) return `/${keyOf(items[at])}`;
      await options.onPage(items.length);
    }
    for await (const { items } of pagesOf((cursor) => one.contents.scanDocuments(cursor, 50), signal)) {
      for (const document of items) {
        if (staysBehind(document) || (document.expiresAt !== null && document.expiresAt < lasting)) continue;
        const found = await other.registry.get(document.kind, document.id);
        if (!isSame(document, found)) return `the document ${document.kind}/${document.id}`;
      }
      await options.onPage(items.length);
    }
  }
  return undefined;
}

function isSame(one: LinkRecord | Document, other: LinkRecord | Document | undefined): boolean {
  return other !== undefined && canonical(one) === canonical(other);
}

/** The same text for the same fields, in whatever order an engine gives them. */
function canonical(item: LinkRecord | Document): string {
  return JSON.stringify(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Hashes summed modulo 2^64. */
class Uint64Sum {
  #sum = 0n;

  add(text: string): void {
    this.#sum = BigInt.asUintN(64, this.#sum + Bun.hash.xxHash64(text));
  }

  get text(): string {
    return this.#sum.toString(16).padStart(16, "0");
  }
}
