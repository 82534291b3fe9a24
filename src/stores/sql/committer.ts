import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { Connection } from "./connection.ts";
import { OpenMark } from "./mark.ts";
import type { Committer, WriteOp, WriteResult } from "./operation.ts";
import { type Meta, migrate, readMeta, writeMeta } from "./schema.ts";
import { prepareDatabase, sizeOf } from "./start.ts";
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
  readonly #connection: Connection;
  readonly #writer: Writer;
  readonly #mark: OpenMark;
  readonly #logPages: number;
  #meta: Meta;
  #bytes: number;
  #queue: Waiting[] = [];
  #queued = 0;
  #scheduled = false;
  #closed = false;
  #damage: string | undefined;
  #checkpointAt: number;

  private constructor(path: string, options: LocalCommitterOptions) {
    this.#path = path;
    this.#logPages = Math.ceil((options.logBytes ?? 16e6) / 4096);
    this.#checkpointAt = this.#logPages;
    this.#connection = new Connection(path, { write: true, cacheBytes: 16e6 });
    const { db } = this.#connection;
    this.#meta = this.#connection.use(() => {
      db.run(`PRAGMA synchronous = ${options.unsynced === true ? "NORMAL" : "FULL"}`);
      db.run("PRAGMA wal_autocheckpoint = 0");
      db.run("PRAGMA journal_size_limit = 67108864");
      return migrate(db, readMeta(db, path));
    });
    this.#writer = new Writer(this.#connection, options.clock ?? Date.now, options.feedLength ?? 100_000);
    this.#mark = new OpenMark(path);
    this.#bytes = 0;
    this.#checkpoint("PASSIVE");
  }

  /**
   * Opens the database of the file `path`, or makes it where neither it nor its mark exists. Throws `StoreDamaged`,
   * naming the damage, if the files are not all that was committed; then nothing is touched.
   */
  static open(path: string, options: LocalCommitterOptions = {}): LocalCommitter {
    prepareDatabase(path, options.trustFile === true);
    return new LocalCommitter(path, options);
  }

  /** How many commits the database has seen. */
  get commits(): number {
    return this.#meta.commits;
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
    this.#checkpointIfLong();
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
    const { db } = this.#connection;
    const meta = { ...this.#meta, commits: this.#meta.commits + 1 };
    const results = this.#connection.use(() => {
      db.run("BEGIN IMMEDIATE");
      try {
        const written = this.#writer.apply(ops);
        writeMeta(db, meta);
        db.run("COMMIT");
        return written;
      } catch (error) {
        if (db.inTransaction) db.run("ROLLBACK");
        this.#writer.reload();
        throw error;
      }
    });
    this.#meta = meta;
    this.#advanceMark();
    return results;
  }

  #advanceMark(): void {
    try {
      this.#mark.advance({ store: this.#meta.store, commits: this.#meta.commits, bytes: this.#bytes });
    } catch (error) {
      throw new StoreUnavailable(`The mark beside ${this.#path} could not be written: ${String(error)}`);
    }
  }

  #checkpointIfLong(): void {
    const pages = this.#logLength();
    // A shorter log was begun anew since the last checkpoint.
    if (pages < this.#checkpointAt - this.#logPages) this.#checkpointAt = this.#logPages;
    if (pages < this.#checkpointAt) return;
    // Readers that never pause keep a folded log from being begun anew: then it is worth waiting for them.
    this.#checkpoint(pages > 8 * this.#logPages ? "TRUNCATE" : "PASSIVE");
    this.#checkpointAt = pages + this.#logPages;
  }

  #logLength(): number {
    const row = this.#connection.db.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get();
    return row?.log ?? 0;
  }

  /** Folds the log into the database. What a full disk keeps from being folded stays in the log. */
  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): void {
    try {
      const row = this.#connection.db
        .query<{ busy: number; log: number; checkpointed: number }, []>(`PRAGMA wal_checkpoint(${mode})`)
        .get();
      if (row !== null && row.busy === 0 && row.log === row.checkpointed) {
        this.#bytes = sizeOf(this.#path) ?? 0;
        this.#advanceMark();
      }
    } catch {
      // The next commit tries again, and says what is wrong if it can't be done either.
    }
  }

  /** Writes what still waits, folds the log into the database and closes it. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    while (this.#queue.length > 0) this.#commitSome();
    this.#checkpoint("TRUNCATE");
    this.#connection.close();
    this.#mark.close();
    return Promise.resolve();
  }
}
