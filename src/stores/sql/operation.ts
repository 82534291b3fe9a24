import { type Document, StoreDamaged, StoreUnavailable } from "../../core/store.ts";

/** One write, as plain JSON, so that a worker can send it to the process that commits. */
export type WriteOp = InsertOp | ReplaceOp | AdoptOp | PutOp | AdoptDocumentOp | RemoveOp;

interface LinkText {
  readonly host: string;
  readonly slug: string;
  /** The record as `encodeRecord` writes it. */
  readonly doc: string;
  /** What the record is found by (`termsOf`), made by the sender to spare the committer; empty for a deleted link. */
  readonly terms: Terms;
}

/** Words and tokens a link is searched by, each a run of characters without a space. */
export interface Terms {
  readonly words: readonly string[];
  readonly tokens: readonly string[];
}

export interface InsertOp extends LinkText {
  readonly op: "insert";
}

export interface ReplaceOp extends LinkText {
  readonly op: "replace";
}

/** Any version, over nothing or an older one. */
export interface AdoptOp extends LinkText {
  readonly op: "adopt";
}

export interface PutOp {
  readonly op: "put";
  readonly document: Document;
}

/** Any version, over whatever is there. */
export interface AdoptDocumentOp {
  readonly op: "adoptDocument";
  readonly document: Document;
}

export interface RemoveOp {
  readonly op: "remove";
  readonly kind: string;
  readonly id: string;
}

/** The answer to one write, as plain JSON; the outcome that fits the operation. */
export type WriteResult =
  /** `doc` is what is stored, where a repeated insert found its own link. */
  | { readonly outcome: "inserted"; readonly doc: string | null }
  | { readonly outcome: "taken"; readonly doc: string }
  | { readonly outcome: "replaced" }
  | { readonly outcome: "conflict"; readonly doc: string | null }
  /** It is there now, or what was there stays. */
  | { readonly outcome: "adopted" }
  | { readonly outcome: "stored" }
  | { readonly outcome: "outdated"; readonly current: Document | null }
  | { readonly outcome: "removed"; readonly found: boolean }
  /** What the write touches has a wrong checksum; nothing was written. */
  | { readonly outcome: "damaged"; readonly message: string }
  /** The database would not take this one; nothing was written. */
  | { readonly outcome: "refused"; readonly message: string };

/** The error for a result that is none of those the operation has. */
export function unexpected(result: WriteResult | undefined): Error {
  if (result?.outcome === "damaged") return new StoreDamaged(result.message);
  if (result?.outcome === "refused") return new StoreUnavailable(result.message);
  return new StoreUnavailable(`The committer answered ${result?.outcome ?? "nothing"}.`);
}

/**
 * Where writes go: the one writer of the database file, or a line to it.
 */
export interface Committer {
  /**
   * Answers when every write is durable, in their order, each decided by itself; at most 1,000.
   * Throws `StoreUnavailable` if the commit failed (the outcome is then unknown), and after `close()`.
   */
  commit(ops: readonly WriteOp[]): Promise<WriteResult[]>;
  close(): Promise<void>;
}
