import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { StoreDamaged } from "../../core/store.ts";
import { storeError } from "./failure.ts";
import { type Mark, markPath, readMark, replaceMark, syncDirectory } from "./mark.ts";
import { clicksSchema, createSchema, linksSchema, type Meta, readMeta, type Schema, writeMeta } from "./schema.ts";

/** The size of a file in bytes, `undefined` if there is none. */
export function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

const remedy = "Nothing was changed. Run curt doctor to see what is left, curt restore to bring a backup back.";

function damaged(what: string): StoreDamaged {
  return new StoreDamaged(`${what} ${remedy}`);
}

/**
 * Makes the database and its mark where neither exists, or finds that what is there is all that was committed.
 * Throws `StoreDamaged`, naming what was found, otherwise; then no file is touched, so that all can still be examined.
 * `trustFile`, for tests: whatever is there is believed.
 */
export function prepareDatabase(path: string, trustFile: boolean): void {
  prepare(path, trustFile, { schema: linksSchema, store: crypto.getRandomValues(new Uint8Array(12)).toHex() });
}

/** Where the counts of clicks are that belong to the store of the file `path`. */
export function clicksPath(path: string): string {
  return `${path}.clicks`;
}

/** The same for the counts of clicks beside the store `store` of the file `path`; they are of that store or damaged. */
export function prepareClicks(path: string, store: string, trustFile: boolean): void {
  const file = clicksPath(path);
  prepare(file, trustFile, { schema: clicksSchema, store });
  const found = inspect(file, clicksSchema).store;
  if (found !== store && !trustFile)
    throw damaged(`The counts of clicks in ${file} are of another store (${found}) than ${path} is (${store}).`);
}

interface Wanted {
  readonly schema: Schema;
  /** The name that a new one gets. */
  readonly store: string;
}

function prepare(path: string, trustFile: boolean, wanted: Wanted): void {
  const { schema } = wanted;
  if (trustFile) {
    if (sizeOf(path) === undefined) createDatabase(path, wanted);
    else if (sizeOf(markPath(path)) === undefined) replaceMark(path, { ...inspect(path, schema), bytes: 0 });
    return;
  }
  const mark = readMark(path);
  const bytes = sizeOf(path);
  if (bytes === undefined) {
    if (mark !== undefined) {
      throw damaged(`The database ${path} is missing; its mark knows of ${mark.commits} commits.`);
    }
    if ((sizeOf(`${path}-wal`) ?? 0) > 0) {
      throw damaged(`The database ${path} is missing; its write-ahead log ${path}-wal is there.`);
    }
    createDatabase(path, wanted);
    return;
  }
  checkFile(path, bytes, mark);
  const meta = inspect(path, schema);
  if (mark === undefined) {
    // A start that was killed between making the database and the mark: nothing was ever committed.
    if (meta.commits !== 0) {
      throw damaged(`The mark ${markPath(path)} is missing; the database beside it holds ${meta.commits} commits.`);
    }
    replaceMark(path, { store: meta.store, commits: 0, bytes });
    return;
  }
  if (mark.store !== meta.store) {
    throw damaged(`The database ${path} is another store (${meta.store}) than its mark is of (${mark.store}).`);
  }
  if (meta.commits < mark.commits) {
    throw damaged(
      `The database ${path} holds ${meta.commits} commits, but ${mark.commits} were answered: ` +
        `${mark.commits - meta.commits} are missing. Its write-ahead log was cut, damaged or removed, or the file is an older one.`,
    );
  }
}

/**
 * Makes the mark anew from what the database of the file `path` holds, for an owner who accepts what is left: commits that
 * are missing stay missing. Gives how many there are. Throws `StoreDamaged` if the file holds no store.
 */
export function acceptDatabase(path: string, schema: Schema = linksSchema): number {
  const bytes = sizeOf(path);
  if (bytes === undefined) throw damaged(`The database ${path} is missing.`);
  checkFile(path, bytes, undefined);
  const { store, commits } = inspect(path, schema);
  replaceMark(path, { store, commits, bytes: 0 });
  return commits;
}

/** The same for the counts of clicks of the store of the file `path`, which become those of this store. */
export function acceptClicks(path: string): void {
  const file = clicksPath(path);
  acceptDatabase(file, clicksSchema);
  const { store } = inspect(path, linksSchema);
  const found = inspect(file, clicksSchema);
  if (found.store === store) return;
  const db = new Database(file, { readwrite: true, strict: true });
  try {
    writeMeta(db, { ...found, store });
  } finally {
    db.close(true);
  }
  replaceMark(file, { store, commits: found.commits, bytes: 0 });
}

function checkFile(path: string, bytes: number, mark: Mark | undefined): void {
  if (bytes === 0) throw damaged(`The database ${path} is empty (0 bytes).`);
  const head = Buffer.alloc(16);
  const fd = openSync(path, "r");
  try {
    readSync(fd, head, 0, 16, 0);
  } finally {
    closeSync(fd);
  }
  if (head.toString("latin1") !== "SQLite format 3\0") throw damaged(`The file ${path} is not a database.`);
  if (mark !== undefined && bytes < mark.bytes) {
    throw damaged(`The database ${path} was cut: it has ${bytes} bytes and had ${mark.bytes}.`);
  }
}

/** Reads the database without writing: closing a connection that may write would fold a damaged log into it. */
function inspect(path: string, schema: Schema): Meta {
  try {
    const db = new Database(path, { readonly: true });
    try {
      return readMeta(db, path, schema);
    } finally {
      db.close(true);
    }
  } catch (error) {
    throw storeError(error, path);
  }
}

/** Made under another name, so that the real name never has a half-made database. */
function createDatabase(path: string, { schema, store }: Wanted): void {
  const made = `${path}.new`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(made + suffix, { force: true });
  try {
    const db = new Database(made, { create: true, readwrite: true });
    try {
      createSchema(db, store, schema);
    } finally {
      db.close(true);
    }
    syncFile(made);
  } catch (error) {
    throw storeError(error, path);
  }
  rmSync(`${path}-wal`, { force: true });
  renameSync(made, path);
  syncDirectory(path);
  replaceMark(path, { store, commits: 0, bytes: sizeOf(path) ?? 0 });
}

export function syncFile(path: string): void {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
