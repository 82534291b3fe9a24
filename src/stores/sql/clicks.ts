import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import type { BlobKey } from "../clicks/block.ts";
import type { ClickCheckOptions } from "../clicks/check.ts";
import type { Blob, ClickKeeper, Head } from "../clicks/keeper.ts";
import { CommittedFile } from "./committed-file.ts";
import { Connection } from "./connection.ts";
import { clicksSchema } from "./schema.ts";

/** How many blobs are removed in one commit: about 1 MB. */
const droppedTogether = 64;

/**
 * The counts of clicks in a file of their own, so that folding them is no burden on the links' one committer. Processes
 * read it by connections of their own; the one that folds clicks opens it to write when it first does.
 */
export class SqliteClickKeeper implements ClickKeeper {
  readonly #path: string;
  readonly #unsynced: boolean;
  #reading: ReturnType<typeof readingOf> | undefined;
  #writing: ReturnType<typeof writingOf> | undefined;
  #closed = false;

  /** `path`: the file, which `prepareClicks` has looked at. */
  constructor(path: string, unsynced: boolean) {
    this.#path = path;
    this.#unsynced = unsynced;
  }

  async heads(): Promise<{ writer: string; version: number; runs: string }[]> {
    const { connection, heads } = this.#read();
    return connection.use(() => heads.all());
  }

  async head(writer: string): Promise<Head | undefined> {
    const { connection, head } = this.#read();
    return connection.use(() => head.get(writer)) ?? undefined;
  }

  async advance(writer: string, head: Head, blobs: readonly Blob[]): Promise<boolean> {
    const { file, insert, update, put } = this.#write();
    const { version, number, position, runs } = head;
    const done = file.commit(() => {
      const { changes } =
        version === 1
          ? insert.run(writer, number, position, runs)
          : update.run(version, number, position, runs, writer, version - 1);
      if (changes === 1) for (const { run, block, bytes } of blobs) put.run(writer, run, block, bytes);
      return changes === 1;
    });
    file.foldIfLong();
    return done;
  }

  async save(blobs: readonly Blob[]): Promise<void> {
    const { file, put } = this.#write();
    file.commit(() => {
      for (const { writer, run, block, bytes } of blobs) put.run(writer, run, block, bytes);
    });
    file.foldIfLong();
  }

  async load(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]> {
    const { connection, blob } = this.#read();
    return connection.use(() => keys.map(({ writer, run, block }) => blob.get(writer, run, block)?.bytes));
  }

  async drop(writer: string, run: number): Promise<boolean> {
    const { file, remove } = this.#write();
    const { changes } = file.commit(() => remove.run(writer, run, droppedTogether));
    file.foldIfLong();
    return changes === droppedTogether;
  }

  #read(): ReturnType<typeof readingOf> {
    this.#assertOpen();
    this.#reading ??= readingOf(this.#path);
    return this.#reading;
  }

  #write(): ReturnType<typeof writingOf> {
    this.#assertOpen();
    this.#writing ??= writingOf(this.#path, this.#unsynced);
    return this.#writing;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreUnavailable(`${this.#path}: the store was closed.`);
  }

  close(): void {
    this.#closed = true;
    this.#reading?.connection.close();
    this.#writing?.file.close();
  }
}

/** With `pages`, SQLite checks its own too: one long step, for a process that serves nobody. */
export interface VerifyClicksOptions extends ClickCheckOptions {
  readonly pages?: boolean;
}

/** Looks at every blob of the file `path`, also while it is served; see `checkClicks`. */
export async function verifyClicks(path: string, options: VerifyClicksOptions = {}): Promise<string[]> {
  const { checkClicks } = await import("../clicks/check.ts");
  const keeper = new SqliteClickKeeper(path, false);
  try {
    const damages = options.pages === true ? damagedPages(path) : [];
    return [...damages, ...(await checkClicks(keeper, options))];
  } catch (error) {
    if (error instanceof StoreDamaged) return [error.message];
    throw error;
  } finally {
    keeper.close();
  }
}

function damagedPages(path: string): string[] {
  const connection = new Connection(path, { write: false, cacheBytes: 2e6 });
  try {
    const rows = connection.use(() =>
      connection.db.query<{ integrity_check: string }, []>("PRAGMA integrity_check(20)").all(),
    );
    return rows.flatMap(({ integrity_check: message }) => (message === "ok" ? [] : [`${path}: ${message}`]));
  } finally {
    connection.close();
  }
}

function readingOf(path: string) {
  const connection = new Connection(path, { write: false, cacheBytes: 2e6 });
  return {
    connection,
    heads: connection.prepare<{ writer: string; version: number; runs: string }, []>(
      "SELECT writer, version, runs FROM heads ORDER BY writer",
    ),
    head: connection.prepare<Head, [string]>("SELECT version, number, position, runs FROM heads WHERE writer = ?"),
    blob: connection.prepare<{ bytes: Uint8Array }, [string, number, number]>(
      "SELECT bytes FROM blobs WHERE writer = ? AND run = ? AND block = ?",
    ),
  };
}

function writingOf(path: string, unsynced: boolean) {
  const file = new CommittedFile(path, { schema: clicksSchema, cacheBytes: 4e6, logBytes: undefined, unsynced });
  const { connection } = file;
  return {
    file,
    insert: connection.prepare<unknown, [string, number, string, string]>(
      "INSERT OR IGNORE INTO heads (writer, version, number, position, runs) VALUES (?, 1, ?, ?, ?)",
    ),
    update: connection.prepare<unknown, [number, number, string, string, string, number]>(
      "UPDATE heads SET version = ?, number = ?, position = ?, runs = ? WHERE writer = ? AND version = ?",
    ),
    put: connection.prepare<unknown, [string, number, number, Uint8Array]>(
      "INSERT OR REPLACE INTO blobs (writer, run, block, bytes) VALUES (?, ?, ?, ?)",
    ),
    remove: connection.prepare<unknown, [string, number, number]>(
      "DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE writer = ? AND run = ? LIMIT ?)",
    ),
  };
}
