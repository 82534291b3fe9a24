import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { deleted, listAll, next, query, sample, slugsOf } from "../contract/samples.ts";
import { LocalCommitter } from "./committer.ts";
import type { WriteOp } from "./operation.ts";
import { verify } from "./scrub.ts";
import { openSqliteStore } from "./store.ts";

// Others may keep the machine busy.
setDefaultTimeout(60_000);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-committer-"));
  path = join(folder, "links.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("group commit", () => {
  test("what is asked for in one turn is one commit, each write decided by itself", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    const asked = Array.from({ length: 300 }, (_, index) => store.links.insert(sample(`s${index % 150}`)));
    const outcomes = await Promise.all(asked);
    expect(committer.commits).toBe(1);
    expect(outcomes.filter((outcome) => outcome.outcome === "inserted")).toHaveLength(150);
    await store.links.insertMany(Array.from({ length: 1000 }, (_, index) => sample(`m${index}`)));
    expect(committer.commits).toBe(2);
    await Promise.all(Array.from({ length: 2500 }, (_, index) => store.links.insert(sample(`n${index}`))));
    expect(committer.commits).toBe(5);
    await store.close();
    await committer.close();
  });

  test("changes of one link in one commit leave the words of the last", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    const one = sample("x", { title: "eins" });
    const two = next(one, { title: "zwei" });
    await Promise.all([
      store.links.insert(one),
      store.links.replace(two),
      store.links.insert(sample("y", { title: "zwei" })),
    ]);
    const doomed = sample("z", { title: "drei" });
    await Promise.all([store.links.insert(doomed), store.links.replace(deleted(doomed))]);
    const back = { ...doomed, version: 3, token: "t3" };
    await Promise.all([
      store.links.replace(next(two, { title: "fuenf" })),
      store.links.replace(back),
      store.links.replace(deleted(back)),
    ]);
    expect(committer.commits).toBe(3);
    const found = async (search: string) => slugsOf(await listAll(store.links, query({ search })));
    expect([await found("eins"), await found("zwei"), await found("drei"), await found("fuenf")]).toEqual([
      [],
      ["y"],
      [],
      ["x"],
    ]);
    expect(await verify(path, { pages: true })).toEqual([]);
    await store.close();
    await committer.close();
  });

  test("a write the database refuses takes no other with it", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    const bad = {
      op: "insert",
      host: "",
      slug: null,
      doc: "{}",
      terms: { words: [], tokens: [] },
    } as unknown as WriteOp;
    const [good, results, also] = await Promise.all([
      store.links.insert(sample("good")),
      committer.commit([bad]),
      store.links.insert(sample("also")),
    ]);
    expect([good.outcome, results[0]?.outcome, also.outcome]).toEqual(["inserted", "refused", "inserted"]);
    expect(await verify(path)).toEqual([]);
    await store.close();
    await committer.close();
  });

  test("a damaged row is told to who writes it, and to nobody else", async () => {
    let committer = LocalCommitter.open(path);
    let store = openSqliteStore({ path, committer });
    const [a, b] = [sample("a"), sample("b")];
    await store.links.insertMany([a, b]);
    await store.close();
    await committer.close();
    const bytes = readFileSync(path);
    bytes[bytes.indexOf("example.org/b")] = 0x58;
    await Bun.write(path, bytes);
    committer = LocalCommitter.open(path);
    store = openSqliteStore({ path, committer });
    const [replaced, refused] = await Promise.allSettled([store.links.replace(next(a)), store.links.replace(next(b))]);
    expect(replaced.status).toBe("fulfilled");
    expect(refused.status === "rejected" && refused.reason).toBeInstanceOf(StoreDamaged);
    await expect(store.links.find(b)).rejects.toThrow('"b"');
    await store.close();
    await committer.close();
  });

  test("degraded, neither writes nor says that anything is absent", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    const record = sample("a");
    await store.links.insert(record);
    expect(store.isHealthy()).toBe(true);
    store.degrade("the slug index");
    committer.degrade("the slug index");
    expect(store.isHealthy()).toBe(false);
    expect(await store.links.find(record)).toEqual(record);
    const calls = [
      store.links.find(sample("b")),
      store.links.list(query()),
      store.links.findByTarget("", record.url, 1),
      store.registry.get("k", "i"),
      store.registry.list("k"),
      store.links.insert(sample("c")),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call.status === "rejected" && call.reason).toBeInstanceOf(StoreDamaged);
    }
    await store.close();
    await committer.close();
  });

  test("more than it can hold is refused, and what waits at close is written", async () => {
    const committer = LocalCommitter.open(path);
    const store = openSqliteStore({ path, committer });
    const batch = (from: number) => Array.from({ length: 1000 }, (_, index) => sample(`q${from}-${index}`));
    const waiting = Array.from({ length: 41 }, (_, index) => store.links.insertMany(batch(index)));
    await expect(waiting[40]).rejects.toBeInstanceOf(StoreUnavailable);
    await Bun.sleep(0);
    await committer.close();
    await Promise.all(waiting.slice(0, 40));
    await expect(store.links.insert(sample("late"))).rejects.toBeInstanceOf(StoreUnavailable);
    await store.close();
  });
});

describe("the change feed and the log", () => {
  test("a trimmed feed has expired for who stayed behind, and only for them", async () => {
    const committer = LocalCommitter.open(path, { feedLength: 1500 });
    const store = openSqliteStore({ path, committer });
    const start = (await store.links.changes(null, 1)) as { cursor: string };
    let late = start;
    for (let round = 0; round < 5; round++) {
      await store.links.insertMany(Array.from({ length: 700 }, (_, index) => sample(`r${round}-${index}`)));
      if (round === 3) late = (await store.links.changes(null, 1)) as { cursor: string };
    }
    expect(await store.links.changes(start.cursor, 10)).toBe("expired");
    const page = await store.links.changes(late.cursor, 1000);
    expect(page !== "expired" && page.changes).toHaveLength(700);
    expect(await verify(path)).toEqual([]);
    await store.close();
    await committer.close();
  });

  test("expired documents are removed", async () => {
    let now = 1_000_000;
    const committer = LocalCommitter.open(path, { clock: () => now });
    const store = openSqliteStore({ path, committer, clock: () => now });
    await store.registry.put({ kind: "k", id: "a", value: "1", version: 1, expiresAt: now + 500 });
    now += 2000;
    await store.registry.put({ kind: "k", id: "b", value: "1", version: 1, expiresAt: null });
    await store.close();
    await committer.close();
    expect(new Database(path).query("SELECT id FROM registry").values()).toEqual([["b"]]);
  });

  test("the log stays bounded", async () => {
    const committer = LocalCommitter.open(path, { logBytes: 1e6 });
    const store = openSqliteStore({ path, committer });
    for (let round = 0; round < 40; round++) {
      await store.links.insertMany(Array.from({ length: 250 }, (_, index) => sample(`r${round}-${index}`)));
    }
    expect(statSync(`${path}-wal`).size).toBeLessThan(6e6);
    await store.close();
    await committer.close();
    expect(await verify(path, { pages: true })).toEqual([]);
  });
});
