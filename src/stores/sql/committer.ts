import { keyOf } from "../../core/link.ts";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { CommittedFile } from "./committed-file.ts";
import type { Committer, WriteOp, WriteResult } from "./operation.ts";
import { linksSchema } from "./schema.ts";
import { prepareClicks, prepareDatabase } from "./start.ts";
import { Writer } from "./writer.ts";

export interface LocalCommitterOptions {
  /** ms since 1970; documents expire by it. */
  readonly clock?: () => number;
  /** How many changes the feed keeps at least. */
  readonly feedLength?: number;
  /** The log is folded into the database when it is this long, in bytes. */
  readonly logBytes?: number;
  /** For tests, which must fail with it: the start believes whatever file it finds. */
  readonly trustFile?: boolean;
  /** For tests, which must fail with it: answers before the disk has the data. */
  readonly unsynced?: boolean;
}

interface Waiting {
  readonly ops: readonly WriteOp[];
  readonly resolve: (results: WriteResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One commit takes about so many writes. */
const commitLimit = 1000;
/** More waiting writes than this are refused at once: at 20,000 a second they would wait 2 s. */
const queueLimit = 40_000;

/**
 * The one writer of the database file. All that is asked for in one turn of the event loop goes into one transaction
 * and is answered after its fsync. Exactly one may be open for a file; the caller holds the lock of the data folder.
 */
export class LocalCommitter implements Committer {
  readonly #path: string;
  readonly #file: CommittedFile;
  readonly #writer: Writer;
  #queue: Waiting[] = [];
  #queued = 0;
  #scheduled = false;
  #closed = false;
  #damage: string | undefined;
  #mark: ((key: string) => void) | undefined;

  private constructor(path: string, options: LocalCommitterOptions) {
    this.#path = path;
    const { logBytes, unsynced } = options;
    this.#file = new CommittedFile(path, { schema: linksSchema, cacheBytes: 16e6, logBytes, unsynced });
    const clock = options.clock ?? Date.now;
    this.#writer = new Writer(this.#file.connection, clock, options.feedLength ?? 100_000);
  }

  /**
   * Opens the database of the file `path`, or makes it where neither it nor its mark exists. Throws `StoreDamaged`,
   * naming the damage, if the files are not all that was committed; then nothing is touched.
   */
  static open(path: string, options: LocalCommitterOptions = {}): LocalCommitter {
    const trustFile = options.trustFile === true;
    prepareDatabase(path, trustFile);
    const committer = new LocalCommitter(path, options);
    try {
      prepareClicks(path, committer.#file.meta.store, trustFile);
    } catch (error) {
      void committer.close();
      throw error;
    }
    return committer;
  }

  /** How many commits the database has seen. */
  get commits(): number {
    return this.#file.meta.commits;
  }

  /** About how many links there are: none is missing. */
  get links(): number {
    return this.#writer.lastId;
  }

  /** From now on `mark` is called with the key (of `keyOf`) of each link that may be new, before it is committed. */
  markWith(mark: (key: string) => void): void {
    this.#mark = mark;
  }

  /** From now on nothing is written: an insert could give away a slug that a damaged index hides. */
  degrade(reason: string): void {
    this.#damage ??= reason;
  }

  commit(ops: readonly WriteOp[]): Promise<WriteResult[]> {
    if (this.#closed) return Promise.reject(new StoreUnavailable(`${this.#path}: the store was closed.`));
    if (this.#damage !== undefined) return Promise.reject(new StoreDamaged(this.#damage));
    if (ops.length === 0) return Promise.resolve([]);
    if (this.#queued + ops.length > queueLimit) {
      return Promise.reject(new StoreUnavailable(`${this.#queued} writes wait already.`));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ops, resolve, reject });
      this.#queued += ops.length;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitSome();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commitSome(): void {
    let count = 0;
    let calls = 0;
    while (calls < this.#queue.length && (calls === 0 || count < commitLimit)) {
      count += this.#queue[calls]?.ops.length ?? 0;
      calls++;
    }
    if (calls === 0) return;
    const batch = this.#queue.splice(0, calls);
    this.#queued -= count;
    const mark = this.#mark;
    if (mark !== undefined)
      for (const { ops } of batch) for (const op of ops) if (op.op === "insert" || op.op === "adopt") mark(keyOf(op));
    try {
      const results = this.#commitAll(batch.flatMap((waiting) => waiting.ops));
      let from = 0;
      for (const waiting of batch) {
        waiting.resolve(results.slice(from, from + waiting.ops.length));
        from += waiting.ops.length;
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#file.foldIfLong();
  }

  /** In one transaction; if one write spoils it, each in its own. */
  #commitAll(ops: readonly WriteOp[]): WriteResult[] {
    try {
      return this.#transaction(ops);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      if (ops.length > 1) return ops.flatMap((op) => this.#commitAll([op]));
      const message = error instanceof Error ? error.message : String(error);
      return [{ outcome: error instanceof StoreDamaged ? "damaged" : "refused", message }];
    }
  }

  #transaction(ops: readonly WriteOp[]): WriteResult[] {
    return this.#file.commit(
      () => this.#writer.apply(ops),
      () => this.#writer.reload(),
    );
  }

  /** Writes what still waits, folds the log into the database and closes it. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    while (this.#queue.length > 0) this.#commitSome();
    this.#file.close();
    return Promise.resolve();
  }
}
