import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { Connection } from "./connection.ts";
import { storeError } from "./failure.ts";
import { markPath, replaceMark, syncDirectory } from "./mark.ts";
import { readMeta, schemaVersion, writeMeta } from "./schema.ts";
import { type Damage, verify } from "./scrub.ts";
import { sizeOf, syncFile } from "./start.ts";

/** What `manifest.json` of a backup says about the `links.db` beside it. */
export interface BackupManifest {
  readonly format: "curt-backup";
  readonly schema: number;
  /** The store it was made of, and after how many of its commits. */
  readonly store: string;
  readonly commits: number;
  readonly links: number;
  readonly documents: number;
  readonly bytes: number;
  readonly sha256: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

const databaseName = "links.db";
const manifestName = "manifest.json";

/**
 * Copies the store of the file `path`, as of one moment and also while it is served, into the new folder `target`:
 * `links.db`, compacted and checked, and `manifest.json`. The folder has its name only when all of it is on the disk.
 * Throws `StoreDamaged` if the copy shows damage, and an error if the folder exists or can't be written.
 */
export async function backupStore(path: string, target: string): Promise<BackupManifest> {
  if (existsSync(target)) throw new Error(`${target} exists. A backup goes into a new folder.`);
  const part = `${target}.part`;
  rmSync(part, { recursive: true, force: true });
  try {
    mkdirSync(part, { recursive: true, mode: 0o700 });
    const copy = join(part, databaseName);
    copyDatabase(path, copy);
    assertSound(await verify(copy, { pages: true }), path);
    const manifest = { ...describe(copy), bytes: sizeOf(copy) ?? 0, sha256: await digest(copy) };
    writeFileSync(join(part, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    syncFile(copy);
    syncFile(join(part, manifestName));
    syncDirectory(copy);
    renameSync(part, target);
    syncDirectory(target);
    return manifest;
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** The folder that the files which were there before are in now, if there were any. */
  readonly movedTo: string | undefined;
}

/**
 * Puts the backup in the folder `backup` in the place of the store of the file `path`, which nobody may have open. What
 * was there is moved into a folder beside it. Readers of the change feed find their cursors expired. If it fails or is
 * killed, the old store is there, or the next start refuses and restoring again works; it never starts empty.
 */
export async function restoreStore(backup: string, path: string, now: Date = new Date()): Promise<Restored> {
  const manifest = readManifest(backup);
  const made = `${path}.restoring`;
  try {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(made + suffix, { force: true });
    copyFileSync(join(backup, databaseName), made);
    const sha256 = await digest(made);
    if (sha256 !== manifest.sha256) {
      throw new StoreDamaged(
        `The backup ${backup} is damaged: ${databaseName} has SHA-256 ${sha256}, its manifest says ${manifest.sha256}.`,
      );
    }
    assertSound(await verify(made), made);
    const store = rename(made);
    syncFile(made);
    const movedTo = replaceFiles(path, made, now, { store, commits: manifest.commits, bytes: sizeOf(made) ?? 0 });
    return { manifest, movedTo };
  } catch (error) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(made + suffix, { force: true });
    throw error;
  }
}

function copyDatabase(path: string, copy: string): void {
  if (sizeOf(path) === undefined) throw new StoreUnavailable(`${path} does not exist.`);
  const source = new Connection(path, { write: false, cacheBytes: 4e6 });
  try {
    source.use(() => source.db.query("VACUUM INTO ?").run(copy));
  } finally {
    source.close();
  }
}

function assertSound(damages: readonly Damage[], path: string): void {
  if (damages.length === 0) return;
  const named = damages.slice(0, 3).map((damage) => damage.message);
  throw new StoreDamaged(`${path} is damaged in ${damages.length} places, so its copy is too: ${named.join(" ")}`);
}

function describe(copy: string): Omit<BackupManifest, "bytes" | "sha256"> {
  const connection = new Connection(copy, { write: false, cacheBytes: 4e6 });
  try {
    const count = (table: string) =>
      connection.use(() => connection.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0);
    const { store, commits, schema } = connection.use(() => readMeta(connection.db, copy));
    const counts = { links: count("links"), documents: count("registry") };
    return { format: "curt-backup", schema, store, commits, ...counts, createdAt: new Date().toISOString() };
  } finally {
    connection.close();
  }
}

function readManifest(backup: string): BackupManifest {
  const file = join(backup, manifestName);
  if (!existsSync(file)) throw new Error(`${backup} is no backup: it has no ${manifestName}.`);
  let manifest: Partial<BackupManifest>;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new StoreDamaged(`The backup ${backup} is damaged: its ${manifestName} is not JSON.`);
  }
  if (
    manifest.format !== "curt-backup" ||
    typeof manifest.sha256 !== "string" ||
    typeof manifest.commits !== "number"
  ) {
    throw new StoreDamaged(`The backup ${backup} is damaged: its ${manifestName} is not a backup's.`);
  }
  if ((manifest.schema ?? 0) > schemaVersion) {
    throw new Error(
      `The backup ${backup} has schema ${manifest.schema}, made by a newer Curt; this one knows up to ${schemaVersion}.`,
    );
  }
  if (!existsSync(join(backup, databaseName)))
    throw new StoreDamaged(`The backup ${backup} is damaged: ${databaseName} is missing.`);
  return manifest as BackupManifest;
}

/** Gives the copy a name of its own: it is another history than the one whose changes others have read. */
function rename(made: string): string {
  const connection = new Connection(made, { write: true, cacheBytes: 4e6 });
  try {
    return connection.use(() => {
      const store = randomBytes(12).toString("hex");
      connection.db.run("PRAGMA journal_mode = WAL");
      writeMeta(connection.db, { ...readMeta(connection.db, made), store });
      connection.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      return store;
    });
  } finally {
    connection.close();
  }
}

/**
 * The new mark goes first: from then until the new file has its name, a start finds a mark that fits nothing and refuses.
 */
function replaceFiles(
  path: string,
  made: string,
  now: Date,
  mark: Parameters<typeof replaceMark>[1],
): string | undefined {
  const old = [path, `${path}-wal`, `${path}-shm`].filter((file) => existsSync(file));
  let movedTo: string | undefined;
  if (old.length > 0 || existsSync(markPath(path))) {
    movedTo = `${path}.damaged-${now.toISOString().replaceAll(":", "-")}`;
    mkdirSync(movedTo, { mode: 0o700 });
    if (existsSync(markPath(path))) copyFileSync(markPath(path), join(movedTo, basename(markPath(path))));
  }
  replaceMark(path, mark);
  try {
    for (const file of old) renameSync(file, join(movedTo ?? "", basename(file)));
    renameSync(made, path);
  } catch (error) {
    throw storeError(error, path);
  }
  syncDirectory(path);
  return movedTo;
}

async function digest(file: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
