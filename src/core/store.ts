import type { ClickStore } from "./click.ts";
import type { LinkId, LinkRecord, LinkState } from "./link.ts";

/**
 * The source of truth. Designed to the weakest engine, so no engine has a flag or an optional method.
 * Conflicts are return values. A store that cannot be asked, or answers too late, throws `StoreUnavailable`;
 * one that finds its own data damaged throws `StoreDamaged`; after `close()` every method throws `StoreUnavailable`.
 */
export interface Store {
  /** Random, made with the data, and anew when a backup of it is restored: tells one store from another. */
  readonly id: string;
  readonly links: LinkStore;
  readonly registry: Registry;
  readonly contents: Contents;
  readonly clicks: ClickStore;
  close(): Promise<void>;
}

export type InsertOutcome =
  | { readonly outcome: "inserted"; readonly record: LinkRecord }
  /** Somebody else's link, or the mark of a deleted one: a mark is taken over with `replace`. */
  | { readonly outcome: "taken"; readonly by: LinkRecord };

export type ReplaceOutcome =
  | { readonly outcome: "replaced"; readonly record: LinkRecord }
  | { readonly outcome: "conflict"; readonly current: LinkRecord | undefined };

export interface LinkStore {
  /**
   * Inserts a link whose slug was never used. Of many callers exactly one wins. Repeating an insert with the same
   * creation token gives `inserted` again. `record.version` must be 1. Durable when it returns.
   */
  insert(record: LinkRecord): Promise<InsertOutcome>;
  /** Many inserts, each decided by itself, answers in the order of the records. At most 1,000 records. */
  insertMany(records: readonly LinkRecord[]): Promise<InsertOutcome[]>;
  /** The link or the mark of a deleted one. */
  find(id: LinkId): Promise<LinkRecord | undefined>;
  /** The same without waiting, of an engine that reads in this process. Throws what `find` throws. */
  findAtOnce?(id: LinkId): LinkRecord | undefined;
  /**
   * Puts `record` in place of version `record.version - 1`. Editing, deleting (a record with `deletedAt`) and reviving
   * a deleted slug (with a new `createdAt` and token: it becomes the newest of the list) are all this. Durable when it
   * returns.
   */
  replace(record: LinkRecord): Promise<ReplaceOutcome>;
  /** Links that are not deleted. A page may be shorter than the limit, even empty, and still have a `next`. */
  list(query: ListQuery): Promise<ListPage>;
  /** Links of this host, not deleted, with exactly this target; oldest first, at most `limit` (1 to 100). */
  findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]>;
  /**
   * What changed after a cursor, each link at least once; `null` gives no changes and the cursor of now.
   * `expired`: the feed no longer reaches back so far, and the reader must forget all that it knows.
   */
  changes(after: string | null, limit: number): Promise<ChangePage | "expired">;
}

export interface ListQuery {
  /** Lower-case words as `words()` of `words.ts` makes them; a link matches if each begins one of its own words. */
  readonly words: readonly string[];
  readonly tag: string | null;
  readonly state: LinkState | null;
  /** What `state` is judged by, in ms. */
  readonly now: number;
  readonly order: "newest" | "oldest";
  /** 1 to 1,000. */
  readonly limit: number;
  readonly cursor: string | null;
}

export interface ListPage {
  readonly records: LinkRecord[];
  readonly next: string | null;
}

export interface Change extends LinkId {
  readonly version: number;
}

export interface ChangePage {
  readonly changes: Change[];
  readonly cursor: string;
}

/** A small document (API key, counter, idempotency record) with compare-and-set. */
export interface Document {
  readonly kind: string;
  readonly id: string;
  /** JSON. */
  readonly value: string;
  /** Starts at 1. */
  readonly version: number;
  /** In ms; from then on the document does not exist. `null`: never. */
  readonly expiresAt: number | null;
}

export type PutOutcome =
  | { readonly outcome: "stored" }
  | { readonly outcome: "conflict"; readonly current: Document | undefined };

export interface Registry {
  get(kind: string, id: string): Promise<Document | undefined>;
  /** Stores version `n` where version `n - 1` is (version 1: where nothing is, or something expired). Durable. */
  put(document: Document): Promise<PutOutcome>;
  /** Removes whatever version is there; `false` if nothing was. Durable. */
  remove(kind: string, id: string): Promise<boolean>;
  /** All documents of a kind, by id. Meant for kinds with at most some thousands. */
  list(kind: string): Promise<Document[]>;
}

/** All that a store holds, as it is: for moving it into another store, of whatever engine. */
export interface Contents {
  /**
   * Every link and every mark of a deleted one, in an order of the store's own. What is there when the first page is read
   * is on one of the pages, in that version or a later one; while nobody writes, exactly once. A page may be shorter than
   * the limit (1 to 1,000), even empty, and still have a `next`, which can be used again at any later time.
   */
  scanLinks(cursor: string | null, limit: number): Promise<ContentPage<LinkRecord>>;
  /**
   * Takes over records of another store as they are, at most 1,000, no two of one link: each where nothing or an older
   * version is; what is there at the same or a newer version stays. One that is not deleted becomes the newest of the list,
   * in the order of the records, unless the link there has its token. Repeating changes nothing. Durable when it returns.
   */
  adoptLinks(records: readonly LinkRecord[]): Promise<void>;
  /** All documents of all kinds, as `scanLinks` gives records. */
  scanDocuments(cursor: string | null, limit: number): Promise<ContentPage<Document>>;
  /**
   * Takes over documents of another store as they are, at most 1,000, no two of one key, whatever is there: only for a
   * store that nobody else writes to. Repeating changes nothing. Durable when it returns.
   */
  adoptDocuments(documents: readonly Document[]): Promise<void>;
}

/** Some of all there is, and where to go on; `null`: that was all. */
export interface ContentPage<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** The store cannot be asked now. Nothing is known about the outcome of a write that ended so. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The store answers and can't be used as it is: asking again is of no use until somebody changes something. */
export class StoreUnfit extends StoreUnavailable {}

/** The store answered with data whose checksum is wrong, or found that something is missing. */
export class StoreDamaged extends Error {
  override readonly name = "StoreDamaged";
}
