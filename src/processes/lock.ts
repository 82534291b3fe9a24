import { Database } from "bun:sqlite";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Another process holds the folder; the message is the one line to print. */
export class FolderLocked extends Error {
  override readonly name = "FolderLocked";
  constructor(
    readonly folder: string,
    /** `undefined` in the moment between its lock and its number. */
    readonly pid: number | undefined,
  ) {
    const holder = pid === undefined ? "another process" : `process ${pid}`;
    const end = pid === undefined ? "Stop it" : `Stop it ("kill ${pid}")`;
    super(`The data folder ${folder} is in use by ${holder}. ${end}, or choose another: --data or CURT_DATA.`);
  }
}

/** A lock that is held until `release`, or until this process ends in whatever way. Whoever drops it unreleased loses it too. */
export interface FolderLock {
  release(): void;
}

/**
 * Locks the data folder and, if it is another, the folder of the store's file. Both must exist.
 * Throws `FolderLocked`, or what the file system says.
 */
export function lockData(config: { readonly data: string; readonly storePath: string }): FolderLock {
  const folders = [...new Set([config.data, dirname(config.storePath)])];
  const held: FolderLock[] = [];
  const release = () => {
    for (const lock of held.splice(0)) lock.release();
  };
  try {
    for (const folder of folders) held.push(lockFolder(folder));
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/**
 * Locks one folder, which must exist. Throws as `lockData` does.
 *
 * The kernel holds the lock for us and drops it when the process is gone, so none can be stale. SQLite's own lock on a
 * file that stays empty is used because it is one on every system, and needs no foreign functions. `curt.lock` is never
 * removed: two processes could hold two files of that name. `curt.pid` only tells people who it is.
 */
export function lockFolder(folder: string): FolderLock {
  const pidFile = join(folder, "curt.pid");
  const file = new Database(join(folder, "curt.lock"), { create: true });
  try {
    file.run("PRAGMA busy_timeout = 0");
    file.run("PRAGMA journal_mode = MEMORY");
    file.run("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") throw new FolderLocked(folder, pidIn(pidFile));
    throw error;
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release: () => {
      rmSync(pidFile, { force: true });
      file.close();
    },
  };
}

function pidIn(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
