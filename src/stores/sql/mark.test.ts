import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { sample } from "../contract/samples.ts";
import { LocalCommitter } from "./committer.ts";
import { markPath, readMark } from "./mark.ts";
import { readMeta, writeMeta } from "./schema.ts";
import { acceptDatabase } from "./start.ts";
import { openSqliteStore } from "./store.ts";

setDefaultTimeout(60_000);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-mark-"));
  path = join(folder, "links.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = () => [path, `${path}-wal`, markPath(path)].filter((file) => existsSync(file));

/** Commits `count` times, and leaves the files as after `kill -9` if `killed`: some commits only in the log. */
async function commit(count: number, killed = false): Promise<void> {
  const committer = LocalCommitter.open(path);
  const store = openSqliteStore({ path, committer });
  for (let index = 0; index < count; index++) await store.links.insert(sample(`s${committer.commits}-${index}`));
  const kept = new Map(files().map((file) => [file, readFileSync(file)]));
  await store.close();
  await committer.close();
  if (!killed) return;
  for (const [file, bytes] of kept) writeFileSync(file, bytes);
}

/** That the start refuses, names the damage, and leaves the files as they are. */
function expectRefusal(...words: string[]): void {
  const before = files().map((file) => [file, readFileSync(file)] as const);
  let thrown: unknown;
  try {
    LocalCommitter.open(path);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(StoreDamaged);
  for (const word of [...words, path, "curt doctor"]) expect((thrown as Error).message).toContain(word);
  for (const [file, bytes] of before) expect(readFileSync(file).equals(bytes)).toBe(true);
}

describe("the mark", () => {
  test("follows each commit before its answer", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    for (let index = 1; index <= 5; index++) {
      await store.links.insert(sample(`s${index}`));
      expect(readMark(path)?.commits).toBe(index);
    }
    await store.close();
    await committer.close();
    expect(readMark(path)?.bytes).toBe(statSync(path).size);
  });

  test("a first start makes both, also after one that was killed in between", async () => {
    await commit(0);
    expect(readMark(path)?.commits).toBe(0);
    rmSync(markPath(path));
    await commit(1);
    expect(readMark(path)?.commits).toBe(1);
  });

  test("what a start that was killed left under another name is no hindrance", async () => {
    for (const suffix of [".new", ".new-wal", ".mark.new"]) writeFileSync(path + suffix, "half");
    await commit(2);
    await commit(1);
    expect(readMark(path)?.commits).toBe(3);
  });

  test("after kill -9 all commits are there", async () => {
    await commit(3);
    await commit(3, true);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    await commit(0);
    expect(readMark(path)?.commits).toBe(6);
  });

  test("a mark that is behind, as after loss of power, is no damage", async () => {
    await commit(2);
    const mark = readFileSync(markPath(path));
    await commit(2);
    writeFileSync(markPath(path), mark);
    await commit(1);
    expect(readMark(path)?.commits).toBe(5);
  });
});

describe("the start refuses", () => {
  test("a missing database", async () => {
    await commit(3);
    rmSync(path);
    expectRefusal("is missing", "3 commits");
  });

  test("a missing database whose log is there", async () => {
    await commit(3, true);
    rmSync(path);
    rmSync(markPath(path));
    expectRefusal("is missing", "write-ahead log");
  });

  test("an empty file", async () => {
    await commit(3);
    truncateSync(path, 0);
    expectRefusal("0 bytes");
    rmSync(markPath(path));
    expectRefusal("0 bytes");
  });

  test("a cut database", async () => {
    await commit(3);
    truncateSync(path, statSync(path).size - 4096);
    expectRefusal("was cut");
  });

  test("what is no database, and what is another program's", async () => {
    await commit(3);
    writeFileSync(path, Buffer.alloc(1e6, "x"));
    expectRefusal("not a database");
    rmSync(path);
    rmSync(markPath(path));
    const other = new Database(path);
    other.run("CREATE TABLE t (a)");
    other.close();
    expectRefusal("no store of Curt");
  });

  test("a missing, a damaged and another store's mark", async () => {
    await commit(3);
    const mark = readFileSync(markPath(path));
    rmSync(markPath(path));
    expectRefusal("mark", "is missing", "3 commits");
    for (const bytes of [Buffer.alloc(0), mark.subarray(0, 20), Buffer.from(mark.toString().replace("3", "4"))]) {
      writeFileSync(markPath(path), bytes);
      expectRefusal("mark", "is damaged");
    }
    for (const file of [path, `${path}.clicks`]) {
      rmSync(file);
      rmSync(markPath(file));
    }
    await commit(1);
    writeFileSync(markPath(path), mark);
    expectRefusal("another store");
  });

  test("an older database", async () => {
    await commit(2);
    copyFileSync(path, `${path}.old`);
    await commit(2);
    copyFileSync(`${path}.old`, path);
    expectRefusal("2 are missing");
  });

  test("a missing, a cut and a flipped log", async () => {
    await commit(2);
    await commit(4, true);
    const log = readFileSync(`${path}-wal`);
    rmSync(`${path}-wal`);
    expectRefusal("4 are missing");
    writeFileSync(`${path}-wal`, log.subarray(0, log.length - 100));
    expectRefusal("1 are missing");
    const flipped = Buffer.from(log);
    flipped[5000] = (flipped[5000] ?? 0) ^ 16;
    writeFileSync(`${path}-wal`, flipped);
    expectRefusal("are missing");
    writeFileSync(`${path}-wal`, log);
    await commit(0);
    expect(readMark(path)?.commits).toBe(6);
  });

  test("until the owner accepts what is left", async () => {
    await commit(2);
    await commit(4, true);
    rmSync(`${path}-wal`);
    expectRefusal("4 are missing");
    expect(acceptDatabase(path)).toBe(2);
    await commit(1);
    expect(readMark(path)?.commits).toBe(3);
    rmSync(path);
    expect(() => acceptDatabase(path)).toThrow("is missing");
  });

  test("a schema of a newer Curt", async () => {
    await commit(1);
    const db = new Database(path);
    writeMeta(db, { ...readMeta(db, path), schema: 999 });
    db.close();
    expect(() => LocalCommitter.open(path)).toThrow(StoreUnavailable);
    expect(() => LocalCommitter.open(path)).toThrow("schema 999");
  });
});
