import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreDamaged } from "../../core/store.ts";
import { batch, clickQuery, linkId, tally } from "../contract/click-samples.ts";
import { backupStore, restoreStore } from "./backup.ts";
import { verifyClicks } from "./clicks.ts";
import { LocalCommitter } from "./committer.ts";
import { markPath } from "./mark.ts";
import { acceptClicks, clicksPath } from "./start.ts";
import { openSqliteStore, type SqliteStore } from "./store.ts";

setDefaultTimeout(60_000);

let folder: string;
let path: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-clicks-"));
  path = join(folder, "links.db");
  file = clicksPath(path);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withStore<T>(work: (store: SqliteStore) => Promise<T>): Promise<T> {
  const committer = LocalCommitter.open(path);
  const store = openSqliteStore({ path, committer });
  try {
    return await work(store);
  } finally {
    await store.close();
    await committer.close();
  }
}

/** Adds `count` batches; `killed`: leaves the files as after `kill -9`, with batches in the log alone. */
async function add(count: number, killed = false): Promise<void> {
  const all = [file, `${file}-wal`, markPath(file)];
  const kept = await withStore(async ({ clicks }) => {
    const number = (await clicks.last("node-1"))?.number ?? 0;
    for (let more = 1; more <= count; more++) await clicks.add(batch(number + more, [tally()]));
    return all.filter((one) => existsSync(one)).map((one) => [one, readFileSync(one)] as const);
  });
  if (killed) for (const [one, bytes] of kept) writeFileSync(one, bytes);
}

function expectRefusal(...words: string[]): void {
  let thrown: unknown;
  try {
    LocalCommitter.open(path);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(StoreDamaged);
  for (const word of [file, ...words]) expect(String(thrown)).toContain(word);
}

describe("the start refuses, and names,", () => {
  test("a missing, an empty, a cut and an older file of counts, and a cut log", async () => {
    await add(2);
    copyFileSync(file, `${file}.old`);
    await add(3, true);
    const log = readFileSync(`${file}-wal`);
    rmSync(`${file}-wal`);
    expectRefusal("are missing");
    writeFileSync(`${file}-wal`, log.subarray(0, log.length - 9000));
    expectRefusal("are missing");
    writeFileSync(`${file}-wal`, log);
    await withStore(async ({ clicks }) => expect(await clicks.clicksOf([linkId(1)])).toEqual([5]));
    await add(1);
    const whole = readFileSync(file);
    copyFileSync(`${file}.old`, file);
    expectRefusal("are missing");
    rmSync(file);
    expectRefusal("is missing");
    writeFileSync(file, "");
    expectRefusal("0 bytes");
    writeFileSync(file, whole);
    truncateSync(file, 9000);
    expectRefusal();
  });

  test("the counts of another store", async () => {
    await add(1);
    for (const one of [path, markPath(path)]) rmSync(one);
    expectRefusal("another store");
    acceptClicks(path);
    await withStore(async ({ clicks }) => expect(await clicks.clicksOf([linkId(1)])).toEqual([1]));
  });
});

test("a flipped byte in a block is named by the check, and keeps a backup from being made", async () => {
  await add(3);
  expect(await verifyClicks(file, { pages: true })).toEqual([]);
  const bytes = readFileSync(file);
  const at = bytes.indexOf(Buffer.from([1]), bytes.length - 3000);
  bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 4;
  writeFileSync(file, bytes);
  const damages = await verifyClicks(file);
  expect(damages.join()).toContain("wrong checksum");
  await withStore(async () => {
    await expect(backupStore(path, join(folder, "backup"))).rejects.toThrow(StoreDamaged);
  });
});

test("counts go into a backup and come back, and batches that it has are counted no second time", async () => {
  await add(3);
  const backup = join(folder, "backup");
  const manifest = await withStore(() => backupStore(path, backup));
  expect(manifest.clicks?.bytes).toBeGreaterThan(1000);
  await add(4);
  await restoreStore(backup, path);
  await withStore(async ({ clicks }) => {
    expect(await clicks.last("node-1")).toEqual({ number: 3, position: "position 3" });
    for (let number = 1; number <= 9; number++) await clicks.add(batch(number, [tally()]));
    expect((await clicks.read(clickQuery())).total).toBe(9);
  });
  await expect(
    (async () => {
      writeFileSync(join(backup, "clicks.db"), "x");
      await restoreStore(backup, path);
    })(),
  ).rejects.toThrow("clicks.db has SHA-256");
  await withStore(async ({ clicks }) => expect(await clicks.clicksOf([linkId(1)])).toEqual([9]));
});
