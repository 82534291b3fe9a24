import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreDamaged } from "../../core/store.ts";
import { deleted, query, sample } from "../contract/samples.ts";
import { backupStore, restoreStore } from "./backup.ts";
import { LocalCommitter } from "./committer.ts";
import { markPath } from "./mark.ts";
import { verify } from "./scrub.ts";
import { openSqliteStore } from "./store.ts";

let folder: string;
let path: string;
let target: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-backup-"));
  path = join(folder, "links.db");
  target = join(folder, "backup");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opens the store, does something with it and closes it. */
async function withStore<T>(work: (store: ReturnType<typeof openSqliteStore>) => Promise<T>): Promise<T> {
  const committer = LocalCommitter.open(path);
  try {
    const store = openSqliteStore({ path, committer });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } finally {
    await committer.close();
  }
}

describe("backup", () => {
  test("made while others write, comes back as of one moment, and cursors of the feed expire", async () => {
    const records = Array.from({ length: 500 }, (_, index) => sample(`s${index}`, { tags: ["t"] }));
    const { cursor, manifest } = await withStore(async (store) => {
      await store.links.insertMany(records);
      await store.registry.put({ kind: "k", id: "1", value: "1", version: 1, expiresAt: null });
      let writing = true;
      const writer = (async () => {
        for (let index = 0; writing; index++) await store.links.insert(sample(`later${index}`));
      })();
      const made = await backupStore(path, target);
      writing = false;
      await writer;
      await store.links.replace(deleted(records[0] as (typeof records)[0]));
      const page = (await store.links.changes(null, 1)) as { cursor: string };
      return { cursor: page.cursor, manifest: made };
    });
    expect(manifest.links).toBeGreaterThanOrEqual(500);
    expect(manifest.documents).toBe(1);
    expect(existsSync(`${target}.part`)).toBe(false);
    truncateSync(path, 5000);

    const restored = await restoreStore(target, path);
    expect(readdirSync(restored.movedTo as string).sort()).toEqual(["links.db", "links.db.mark"]);
    expect(await verify(path, { pages: true })).toEqual([]);
    await withStore(async (store) => {
      for (const record of records) expect(await store.links.find(record)).toEqual(record);
      expect((await store.links.list(query({ tag: "t", limit: 1000 }))).records).toHaveLength(500);
      expect(await store.links.changes(cursor, 10)).toBe("expired");
      expect((await store.links.insert(sample("after"))).outcome).toBe("inserted");
      expect(await store.registry.get("k", "1")).toBeDefined();
    });
  });

  test("of a damaged store is refused and leaves nothing", async () => {
    await withStore((store) => store.links.insertMany([sample("aaaaaaaa"), sample("bbbbbbbb")]));
    const bytes = readFileSync(path);
    const at = bytes.indexOf("example.org/bbbb");
    bytes[at] = 0x58;
    writeFileSync(path, bytes);
    await expect(backupStore(path, target)).rejects.toThrow("bbbbbbbb");
    await expect(backupStore(path, target)).rejects.toBeInstanceOf(StoreDamaged);
    expect(readdirSync(folder).filter((name) => name.startsWith("backup"))).toEqual([]);
  });

  test("goes into a new folder only", async () => {
    await withStore((store) => store.links.insert(sample("a")));
    writeFileSync(target, "mine");
    await expect(backupStore(path, target)).rejects.toThrow("exists");
    expect(readFileSync(target, "utf8")).toBe("mine");
  });
});

describe("restore", () => {
  test("of a damaged or unfinished backup leaves the store as it is", async () => {
    await withStore((store) => store.links.insert(sample("a")));
    await backupStore(path, target);
    const files = readdirSync(folder).sort();
    const copy = join(target, "links.db");
    const bytes = readFileSync(copy);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(copy, bytes);
    await expect(restoreStore(target, path)).rejects.toThrow("SHA-256");
    rmSync(copy);
    await expect(restoreStore(target, path)).rejects.toThrow("missing");
    writeFileSync(join(target, "manifest.json"), "{");
    await expect(restoreStore(target, path)).rejects.toThrow("not JSON");
    rmSync(join(target, "manifest.json"));
    await expect(restoreStore(target, path)).rejects.toThrow("no backup");
    expect(readdirSync(folder).sort()).toEqual(files);
    await withStore(async (store) => expect(await store.links.find(sample("a"))).toBeDefined());
  });

  test("brings a store back where nothing is left but the mark", async () => {
    await withStore((store) => store.links.insert(sample("a")));
    await backupStore(path, target);
    rmSync(path);
    expect(() => LocalCommitter.open(path)).toThrow("is missing");
    await restoreStore(target, path);
    await withStore(async (store) => expect(await store.links.find(sample("a"))).toBeDefined());
  });

  test("killed before the new file has its name, the next start refuses instead of starting empty", async () => {
    await withStore((store) => store.links.insert(sample("a")));
    await backupStore(path, target);
    const mark = readFileSync(markPath(path));
    await restoreStore(target, path);
    const newMark = readFileSync(markPath(path));
    expect(newMark.equals(mark)).toBe(false);
    rmSync(path);
    expect(() => LocalCommitter.open(path)).toThrow(StoreDamaged);
    await restoreStore(target, path, new Date(0));
    await withStore(async (store) => expect(await store.links.find(sample("a"))).toBeDefined());
  });

  test.skipIf(process.getuid?.() === 0)(
    "into a folder that can't be written fails with the old store in place",
    async () => {
      await withStore((store) => store.links.insert(sample("a")));
      const elsewhere = mkdtempSync(join(tmpdir(), "curt-backup-"));
      await backupStore(path, join(elsewhere, "b"));
      chmodSync(folder, 0o500);
      await expect(restoreStore(join(elsewhere, "b"), path)).rejects.toThrow();
      chmodSync(folder, 0o700);
      rmSync(elsewhere, { recursive: true });
      await withStore(async (store) => expect(await store.links.find(sample("a"))).toBeDefined());
    },
  );
});
