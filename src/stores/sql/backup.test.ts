import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
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
import { deleted, listAll, query, sample } from "../contract/samples.ts";
import { backupStore, restoreStore } from "./backup.ts";
import { LocalCommitter } from "./committer.ts";
import { markPath } from "./mark.ts";
import { verify } from "./scrub.ts";
import { openSqliteStore } from "./store.ts";

setDefaultTimeout(60_000);

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
    const moved = readdirSync(restored.movedTo as string).filter((name) => !/-(wal|shm)$/.test(name));
    expect(moved.sort()).toEqual(["links.db", "links.db.clicks", "links.db.clicks.mark", "links.db.mark"]);
    expect(await verify(path, { pages: true })).toEqual([]);
    await withStore(async (store) => {
      for (const record of records) expect(await store.links.find(record)).toEqual(record);
      expect(await listAll(store.links, query({ tag: "t", limit: 1000 }))).toHaveLength(500);
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

  test("that fails halfway leaves the old store", async () => {
    await withStore((store) => store.links.insert(sample("a")));
    await backupStore(path, target);
    mkdirSync(`${markPath(path)}.new`);
    await expect(restoreStore(target, path)).rejects.toThrow("EISDIR");
    rmSync(`${markPath(path)}.new`, { recursive: true });
    await withStore(async (store) => expect(await store.links.find(sample("a"))).toBeDefined());
  });

  test.skipIf(Bun.which("prlimit") === null)(
    "on a full disk leaves the old store, and a backup leaves nothing",
    async () => {
      await withStore((store) =>
        store.links.insertMany(Array.from({ length: 1000 }, (_, index) => sample(`s${index}`))),
      );
      await backupStore(path, target);
      // A process that may not make a file longer than 64 KB.
      const code = `
      import { backupStore, restoreStore } from ${JSON.stringify(join(import.meta.dir, "backup.ts"))};
      const [path, target] = process.argv.slice(-2);
      for (const work of [() => restoreStore(target, path), () => backupStore(path, target + "2")]) {
        await work().then(() => console.log("done"), () => console.log("failed"));
      }`;
      const script = join(folder, "full.ts");
      writeFileSync(script, code);
      const limited = [
        "sh",
        "-c",
        'trap "" XFSZ; ulimit -f 64; exec "$0" "$@"',
        process.execPath,
        script,
        path,
        target,
      ];
      const ran = Bun.spawnSync(limited, { stderr: "inherit" });
      expect(ran.stdout.toString()).toBe("failed\nfailed\n");
      expect(readdirSync(folder).filter((name) => /restoring|backup2|damaged/.test(name))).toEqual([]);
      await withStore(async (store) => expect(await store.links.find(sample("s999"))).toBeDefined());
    },
  );
});
