import type { BlobKey } from "./block.ts";

/** Where a writer is: which batch went in last, and which runs are its counts. */
export interface Head {
  /** Rises by 1 with each change. */
  readonly version: number;
  /** -1: no batch yet. */
  readonly number: number;
  /** At most 64 KB. */
  readonly position: string;
  /** What `runs.ts` writes: a few KB. */
  readonly runs: string;
}

export interface Blob extends BlobKey {
  readonly bytes: Uint8Array;
}

/**
 * What an engine has to do for the counts of clicks: keep blobs, and for each writer one head that changes atomically.
 * Throws as `Store` does.
 */
export interface ClickKeeper {
  /** The heads of all writers, without their positions: some hundreds. */
  heads(): Promise<{ readonly writer: string; readonly version: number; readonly runs: string }[]>;
  head(writer: string): Promise<Head | undefined>;
  /**
   * Puts `head` where version `head.version - 1` is (version 1: where nothing is). `false`: something else is there. When it
   * returns `true`, the head, these blobs and all that were saved before are durable. The outcome may be unknown when it throws.
   */
  advance(writer: string, head: Head, blobs: readonly Blob[]): Promise<boolean>;
  /** Keeps blobs that no head speaks of yet: about 1 MB at once. */
  save(blobs: readonly Blob[]): Promise<void>;
  /** The bytes of each, `undefined` if it is not there. */
  load(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]>;
  /** Removes some blobs of a run: `true` if there may be more. */
  drop(writer: string, run: number): Promise<boolean>;
  /** From then on every method throws `StoreUnavailable`. */
  close(): Promise<void> | void;
}
