import { StoreUnavailable } from "../../core/store.ts";
import { Connection } from "./connection.ts";
import { OpenMark } from "./mark.ts";
import { type Meta, migrate, readMeta, type Schema, writeMeta } from "./schema.ts";
import { sizeOf } from "./start.ts";

export interface CommittedFileOptions {
  readonly schema: Schema;
  /** How much of the file this connection keeps in memory, in bytes. */
  readonly cacheBytes: number;
  /** The log is folded into the database when it is this long, in bytes. */
  readonly logBytes: number | undefined;
  /** For tests, which must fail with it: a commit returns before the disk has the data. */
  readonly unsynced: boolean | undefined;
}

/** A database file open to write: each commit is on the disk, and known to the mark beside it, when it returns. */
export class CommittedFile {
  readonly connection: Connection;
  readonly #path: string;
  readonly #schema: Schema;
  readonly #mark: OpenMark;
  readonly #logPages: number;
  #meta: Meta;
  #bytes = 0;
  #foldAt: number;

  /** The file was looked at before (`start.ts`). */
  constructor(path: string, { schema, cacheBytes, logBytes = 16e6, unsynced = false }: CommittedFileOptions) {
    this.#path = path;
    this.#schema = schema;
    this.#logPages = Math.ceil(logBytes / schema.pageSize);
    this.#foldAt = this.#logPages;
    this.connection = new Connection(path, { write: true, cacheBytes });
    const { db } = this.connection;
    this.#meta = this.connection.use(() => {
      db.run(`PRAGMA synchronous = ${unsynced ? "NORMAL" : "FULL"}`);
      db.run("PRAGMA wal_autocheckpoint = 0");
      db.run("PRAGMA journal_size_limit = 67108864");
      return migrate(db, readMeta(db, path, schema), schema);
    });
    this.#mark = new OpenMark(path);
    this.#fold("PASSIVE");
  }

  get meta(): Meta {
    return this.#meta;
  }

  /** Does `work` in one transaction. If it fails nothing of it is there, and `undone` is called. */
  commit<T>(work: () => T, undone: () => void = () => undefined): T {
    const { db } = this.connection;
    let meta = this.#meta;
    const result = this.connection.use(() => {
      db.run("BEGIN IMMEDIATE");
      try {
        const written = work();
        // Another handle may have written.
        meta = readMeta(db, this.#path, this.#schema);
        meta = { ...meta, commits: meta.commits + 1 };
        writeMeta(db, meta);
        db.run("COMMIT");
        return written;
      } catch (error) {
        if (db.inTransaction) db.run("ROLLBACK");
        undone();
        throw error;
      }
    });
    this.#meta = meta;
    this.#advanceMark();
    return result;
  }

  #advanceMark(): void {
    try {
      this.#mark.advance({ store: this.#meta.store, commits: this.#meta.commits, bytes: this.#bytes });
    } catch (error) {
      throw new StoreUnavailable(`The mark beside ${this.#path} could not be written: ${String(error)}`);
    }
  }

  /** Folds the log into the database if it has become long. Takes 10 to 40 ms then. */
  foldIfLong(): void {
    const pages = this.#logLength();
    // A shorter log was begun anew since it was folded last.
    if (pages < this.#foldAt - this.#logPages) this.#foldAt = this.#logPages;
    if (pages < this.#foldAt) return;
    // Readers that never pause keep a folded log from being begun anew: then it is worth waiting for them.
    this.#fold(pages > 8 * this.#logPages ? "TRUNCATE" : "PASSIVE");
    this.#foldAt = pages + this.#logPages;
  }

  #logLength(): number {
    const row = this.connection.db.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get();
    return row?.log ?? 0;
  }

  /** What a full disk keeps from being folded stays in the log. */
  #fold(mode: "PASSIVE" | "TRUNCATE"): void {
    try {
      const row = this.connection.db
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

  /** Folds the log into the database and closes it. */
  close(): void {
    this.#fold("TRUNCATE");
    this.connection.close();
    this.#mark.close();
  }
}
