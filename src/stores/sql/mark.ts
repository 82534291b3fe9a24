import { closeSync, fsync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { StoreDamaged } from "../../core/store.ts";
import { textSum } from "./checksum.ts";

/**
 * What a database must hold at least. SQLite takes a cut or damaged write-ahead log for the end of the log and drops
 * all that follows without a word; only something outside its files can tell.
 */
export interface Mark {
  readonly store: string;
  readonly commits: number;
  /** The size of the database file after the last finished checkpoint. */
  readonly bytes: number;
}

export function markPath(path: string): string {
  return `${path}.mark`;
}

/** Always as long, so that it is overwritten in place, within one sector of any disk. */
function markText(mark: Mark): string {
  const body = `curt-mark 1 ${mark.store} ${String(mark.commits).padStart(16, "0")} ${String(mark.bytes).padStart(16, "0")}`;
  return `${body} ${textSum(body).toString(16).padStart(8, "0")}\n`;
}

/** The mark beside the database `path`, `undefined` if there is none. Throws `StoreDamaged` if it can't be read as one. */
export function readMark(path: string): Mark | undefined {
  let text: string;
  try {
    text = readFileSync(markPath(path), "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  const found = text.match(/^(curt-mark 1 (\S+) (\d{16}) (\d{16})) ([0-9a-f]{8})\n$/);
  const [, body = "", store = "", commits, bytes, sum] = found ?? [];
  if (found === null || textSum(body) !== Number.parseInt(sum ?? "", 16)) {
    throw new StoreDamaged(
      `The mark ${markPath(path)} is damaged: ${text.length} bytes, checksum wrong. Run curt doctor; it checks the database and can make the mark anew.`,
    );
  }
  return { store, commits: Number(commits), bytes: Number(bytes) };
}

/** Puts a new mark in place at once, durably. */
export function replaceMark(path: string, mark: Mark): void {
  const target = markPath(path);
  const fd = openSync(`${target}.new`, "w", 0o600);
  try {
    writeSync(fd, markText(mark));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${target}.new`, target);
  syncDirectory(target);
}

/** Makes the names in the folder of `path` durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * The mark of an open database. `advance` takes under a microsecond: after `kill -9` the mark is exact. It is synced each
 * second: after loss of power it is at most that much behind, never ahead.
 */
export class OpenMark {
  readonly #fd: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #unsynced = false;

  constructor(path: string) {
    this.#fd = openSync(markPath(path), "r+");
    this.#timer = setInterval(() => {
      if (!this.#unsynced) return;
      this.#unsynced = false;
      fsync(this.#fd, (error) => {
        if (error) this.#unsynced = true;
      });
    }, 1000);
    this.#timer.unref();
  }

  advance(mark: Mark): void {
    writeSync(this.#fd, markText(mark), 0);
    this.#unsynced = true;
  }

  close(): void {
    clearInterval(this.#timer);
    try {
      fsyncSync(this.#fd);
    } finally {
      closeSync(this.#fd);
    }
  }
}
