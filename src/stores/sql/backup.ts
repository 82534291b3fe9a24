import { Database } from "bun:sqlite";
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
import { basename, dirname, join } from "node:path";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { verifyClicks } from "./clicks.ts";
import { Connection } from "./connection.ts";
import { storeError } from "./failure.ts";
import { type Mark, markPath, replaceMark, syncDirectory } from "./mark.ts";
import { clicksSchema, linksSchema, readMeta, type Schema, schemaVersion, writeMeta } from "./schema.ts";
import { type Damage, verify } from "./scrub.ts";
import { clicksPath, sizeOf, syncFile } from "./start.ts";

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
  /** Of the `clicks.db` beside it. Backups of a Curt that did not count clicks have none. */
  readonly clicks?: { readonly commits: number; readonly bytes: number; readonly sha256: string };
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

const databaseName = "links.db";
const clicksName = "clicks.db";
const manifestName = "manifest.json";

/**
 * Copies the store of the file `path`, also while it is served, into the new folder `target`: `links.db` and `clicks.db`,
 * each as of one moment, compacted and checked, without the salts of visitors, and `manifest.json`. The folder has its name only when all of it is on the disk.
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
    leaveOutSalts(copy);
    assertSound(await verify(copy, { pages: true }), path);
    const clicks = await backupClicks(clicksPath(path), join(part, clicksName));
    const manifest = { ...describe(copy), bytes: sizeOf(copy) ?? 0, sha256: await digest(copy), ...clicks };
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

/** There is none yet where a Curt that did not count clicks was not started anew. */
async function backupClicks(path: string, copy: string): Promise<Pick<BackupManifest, "clicks">> {
  if (sizeOf(path) === undefined) return {};
  copyDatabase(path, copy);
  const commits = await assertSoundClicks(copy, path);
  syncFile(copy);
  return { clicks: { commits, bytes: sizeOf(copy) ?? 0, sha256: await digest(copy) } };
}

/** Gives how many commits are in it. */
async function assertSoundClicks(copy: string, path: string): Promise<number> {
  const damages = await verifyClicks(copy, { pages: true });
  if (damages.length > 0)
    throw new StoreDamaged(
      `${path} is damaged in ${damages.length} places, so its copy is too: ${damages.slice(0, 3).join(" ")}`,
    );
  const connection = new Connection(copy, { write: false, cacheBytes: 1e6 });
  try {
    return connection.use(() => readMeta(connection.db, copy, clicksSchema)).commits;
  } finally {
    connection.close();
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
  const madeClicks = `${clicksPath(path)}.restoring`;
  const removeMade = () => {
    for (const file of [made, madeClicks])
      for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  };
  try {
    removeMade();
    const store = crypto.getRandomValues(new Uint8Array(12)).toHex();
    await copyBack(join(backup, databaseName), made, manifest.sha256);
    assertSound(await verify(made), made);
    rename(made, store, linksSchema);
    const news: NewFile[] = [{ path, made, mark: { store, commits: manifest.commits, bytes: sizeOf(made) ?? 0 } }];
    if (manifest.clicks !== undefined) {
      await copyBack(join(backup, clicksName), madeClicks, manifest.clicks.sha256);
      await assertSoundClicks(madeClicks, madeClicks);
      rename(madeClicks, store, clicksSchema);
      const mark = { store, commits: manifest.clicks.commits, bytes: sizeOf(madeClicks) ?? 0 };
      news.unshift({ path: clicksPath(path), made: madeClicks, mark });
    }
    return { manifest, movedTo: replaceFiles(path, news, now) };
  } catch (error) {
    removeMade();
    throw error;
  }
}

async function copyBack(file: string, made: string, wanted: string): Promise<void> {
  copyFileSync(file, made);
  const sha256 = await digest(made);
  if (sha256 !== wanted)
    throw new StoreDamaged(
      `The backup ${dirname(file)} is damaged: ${basename(file)} has SHA-256 ${sha256}, its manifest says ${wanted}.`,
    );
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

/** The secrets of these days, by which visitors are told apart, are to be destroyed: no copy keeps them. */
function leaveOutSalts(copy: string): void {
  const database = new Database(copy);
  try {
    database.run("PRAGMA secure_delete = ON");
    database.run("DELETE FROM registry WHERE kind = 'salt'");
  } finally {
    database.close();
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
  for (const name of [databaseName, ...(manifest.clicks === undefined ? [] : [clicksName])])
    if (!existsSync(join(backup, name))) throw new StoreDamaged(`The backup ${backup} is damaged: ${name} is missing.`);
  return manifest as BackupManifest;
}

/** Gives the copy a name of its own: it is another history than the one whose changes others have read. */
function rename(made: string, store: string, schema: Schema): void {
  const connection = new Connection(made, { write: true, cacheBytes: 4e6 });
  try {
    connection.use(() => {
      connection.db.run("PRAGMA journal_mode = WAL");
      writeMeta(connection.db, { ...readMeta(connection.db, made, schema), store });
      connection.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    });
  } finally {
    connection.close();
  }
  syncFile(made);
}

interface NewFile {
  readonly path: string;
  readonly made: string;
  readonly mark: Mark;
}

/**
 * The links' new mark goes first: from then until the new file of the links has its name, which it gets last, a start finds
 * a mark that fits nothing and refuses.
 */
function replaceFiles(path: string, news: readonly NewFile[], now: Date): string | undefined {
  const all = [path, clicksPath(path)];
  const old = all.flatMap((file) => [file, `${file}-wal`, `${file}-shm`]).filter((file) => existsSync(file));
  const marks = all.map(markPath).filter((file) => existsSync(file));
  let movedTo: string | undefined;
  if (old.length > 0 || marks.length > 0) {
    movedTo = `${path}.damaged-${now.toISOString().replaceAll(":", "-")}`;
    mkdirSync(movedTo, { mode: 0o700 });
    for (const mark of marks) copyFileSync(mark, join(movedTo, basename(mark)));
  }
  try {
    for (const { path: file, mark } of news.toReversed()) replaceMark(file, mark);
    for (const file of old) renameSync(file, join(movedTo ?? "", basename(file)));
    if (news.length < all.length) rmSync(markPath(clicksPath(path)), { force: true });
    for (const { path: file, made } of news) renameSync(made, file);
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
