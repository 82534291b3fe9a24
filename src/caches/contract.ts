import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { LinkId, LinkRecord } from "../core/link.ts";
import type { Change, ChangePage } from "../core/store.ts";
import type { SharedCache, SharedCacheOptions } from "./shared.ts";

/** A change feed that a test writes: a cursor is how many changes were read. */
export class WrittenFeed {
  readonly written: Change[] = [];
  /** Cursors from before so many changes have expired. */
  forgotten = 0;

  readonly changes = async (after: string | null, limit: number): Promise<ChangePage | "expired"> => {
    const from = after === null ? this.written.length : Number(after);
    if (from < this.forgotten || from > this.written.length) return "expired";
    const changes = this.written.slice(from, from + limit);
    return { changes, cursor: `${from + changes.length}` };
  };
}

/** What a test of a cache stands on: real servers in a place of their own. */
export interface CacheGround {
  open(options: SharedCacheOptions): SharedCache;
  /** What the servers hold, past the cache. */
  keys(): Promise<string[]>;
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
  empty(): Promise<void>;
}

/** What this suite asks is what is kept, not how fast: on a busy machine an answer may be late. */
const patient = { get: 5000, put: 5000 };

let made = 0;

export function sampleLink(slug: string, version = 1, more: Partial<LinkRecord> = {}): LinkRecord {
  return {
    host: "",
    slug,
    url: `https://example.com/${version}`,
    title: null,
    tags: [],
    note: null,
    redirectStatus: null,
    changedBy: null,
    validFrom: null,
    validUntil: null,
    maxClicks: null,
    usedClicks: 0,
    disabled: false,
    forwardQuery: false,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_000,
    deletedAt: null,
    version,
    token: "t",
    ...more,
  };
}

/** Waits until `holds`, at most `limit` ms; returns how long it took. */
export async function eventually(holds: () => boolean | Promise<boolean>, limit = 5000): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > limit) throw new Error(`Not within ${limit} ms.`);
    await Bun.sleep(10);
  }
  return performance.now() - start;
}

/** The same suite for every `Cache`. */
export function describeCache(name: string, ground: () => CacheGround): void {
  describe(`the cache ${name}`, () => {
    let feed: WrittenFeed;
    let storeId: string;
    let opened: SharedCache[];
    let cache: SharedCache;
    const later = () => Date.now() + 60_000;
    const open = async (options: Partial<SharedCacheOptions> = {}) => {
      const one = ground().open({ storeId, changes: feed.changes, now: Date.now, limits: patient, ...options });
      opened.push(one);
      await eventually(() => one.servers.every(({ state }) => state !== "down" && state !== "joining"));
      await eventually(() => one.servers.some(({ state }) => state === "up"));
      return one;
    };
    const keysOfValues = async () => (await ground().keys()).filter((key) => !key.endsWith(":position"));
    beforeEach(async () => {
      feed = new WrittenFeed();
      storeId = `contract ${++made}`;
      opened = [];
      cache = await open();
    });
    afterEach(async () => {
      for (const one of opened) await one.close();
      await ground().empty();
    });

    test("gives a record as it was put, to everybody, and nothing where nothing is", async () => {
      const record = sampleLink("full", 3, {
        host: "go.example",
        url: `https://example.com/${"x".repeat(8000)}?é=😀`,
        title: "Tïtle\r\nEND\r\n",
        tags: ["a", "b"],
        note: "\u0000 \u2028",
        redirectStatus: 307,
        validFrom: 1,
        validUntil: 2,
        maxClicks: 1_000_000_000,
        usedClicks: 7,
        disabled: true,
        forwardQuery: true,
        updatedAt: 1_700_000_000_001,
      });
      await cache.putIfNewer(record, later());
      expect(await cache.get(record)).toEqual(record);
      expect(await (await open()).get(record)).toEqual(record);
      expect(await cache.get({ host: "", slug: "full" })).toBeUndefined();
      expect([cache.hits, cache.misses]).toEqual([1, 1]);
    });

    test("a newer version wins, an older one and the same do not", async () => {
      for (const version of [2, 1, 10, 9]) await cache.putIfNewer(sampleLink("a", version), later());
      await cache.putIfNewer(sampleLink("a", 10, { url: "https://example.com/other" }), later());
      expect((await cache.get(sampleLink("a")))?.url).toBe("https://example.com/10");
    });

    test("the mark of a deleted link keeps the link from coming back", async () => {
      await cache.putIfNewer(sampleLink("a", 2, { deletedAt: 5 }), later());
      await cache.putIfNewer(sampleLink("a", 1), later());
      expect((await cache.get(sampleLink("a")))?.deletedAt).toBe(5);
    });

    test("expires when it should, and what has expired already takes only the older away", async () => {
      await cache.putIfNewer(sampleLink("a"), Date.now() + 300);
      expect((await cache.get(sampleLink("a")))?.version).toBe(1);
      await Bun.sleep(310);
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
      for (const expired of [0, Date.now() - 1]) {
        await cache.putIfNewer(sampleLink("b", 5), later());
        await cache.putIfNewer(sampleLink("b", 4), expired);
        expect((await cache.get(sampleLink("b")))?.version).toBe(5);
        await cache.putIfNewer(sampleLink("b", 6), expired);
        expect(await cache.get(sampleLink("b"))).toBeUndefined();
        await ground().empty();
      }
    });

    test("of 50 rising versions at once, from two processes, the newest stays", async () => {
      const other = await open();
      const versions = Array.from({ length: 50 }, (_, i) => ((i * 17) % 50) + 1);
      await Promise.all(
        versions.map((version) => (version % 2 ? cache : other).putIfNewer(sampleLink("a", version), later())),
      );
      expect((await cache.get(sampleLink("a")))?.version).toBe(50);
    });

    test("keeps awkward names apart", async () => {
      const slugs = ["a", "A", "a/b", "a.b", "__proto__", "constructor", "%61", "a_b", "é", "e\u0301", "日本/語"];
      const ids: LinkId[] = [...slugs, "x".repeat(128), "名".repeat(128), "two words\r\nget a"].map((slug) => ({
        host: "",
        slug,
      }));
      ids.push({ host: "h.example", slug: "a" });
      for (const [i, { host, slug }] of ids.entries())
        await cache.putIfNewer(sampleLink(slug, i + 1, { host }), later());
      for (const [i, id] of ids.entries()) expect(await cache.get(id)).toEqual(sampleLink(id.slug, i + 1, id));
    });

    test("two installations on the same servers do not mix", async () => {
      const other = await open({ storeId: `${storeId} other` });
      await cache.putIfNewer(sampleLink("a", 1), later());
      expect(await other.get(sampleLink("a"))).toBeUndefined();
    });

    test("what is damaged, another link's or of another format is a miss, and nonsense is written over", async () => {
      await cache.putIfNewer(sampleLink("a", 7), later());
      const [key = ""] = await keysOfValues();
      const good = (await ground().read(key)) ?? "";
      await cache.putIfNewer(sampleLink("b", 7), later());
      const other = (await keysOfValues()).find((one) => one !== key) ?? "";
      const another = (await ground().read(other)) ?? "";
      for (const text of [
        "",
        "nonsense",
        "\u0000\u0001\r\nEND",
        good.slice(0, -3),
        good.replace("curt1", "curt2"),
        another,
      ]) {
        await ground().write(key, text);
        expect(await cache.get(sampleLink("a"))).toBeUndefined();
      }
      await ground().write(key, good.replace("example.com/7", "example.com/8"));
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
      await ground().write(key, "nonsense");
      await cache.putIfNewer(sampleLink("a", 2), later());
      expect((await cache.get(sampleLink("a")))?.version).toBe(2);
    });

    test("a record of over 1 MB is a miss, and so is the version before it", async () => {
      await cache.putIfNewer(sampleLink("a", 1), later());
      await cache.putIfNewer(sampleLink("a", 2, { note: "x".repeat(1_100_000) }), later());
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
      await cache.putIfNewer(sampleLink("a", 3), later());
      expect((await cache.get(sampleLink("a")))?.version).toBe(3);
    });

    test("drops what the change feed says is out of date, and does not take it again", async () => {
      await cache.putIfNewer(sampleLink("a", 4), later());
      feed.written.push({ host: "", slug: "a", version: 5 });
      await eventually(async () => (await cache.get(sampleLink("a"))) === undefined, 2000);
      await cache.putIfNewer(sampleLink("a", 4), later());
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
      await cache.putIfNewer(sampleLink("a", 5), later());
      expect((await cache.get(sampleLink("a")))?.version).toBe(5);
    });

    test("a link that was never cached can't come back older than the feed says", async () => {
      feed.written.push({ host: "", slug: "a", version: 2 });
      const before = (await ground().keys()).length;
      await eventually(async () => (await ground().keys()).length > before, 2000);
      await cache.putIfNewer(sampleLink("a", 1), later());
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
    });

    test("what changed while no process was there is not believed by the next one", async () => {
      for (const slug of ["a", "b"]) await cache.putIfNewer(sampleLink(slug, 2), later());
      await cache.close();
      feed.written.push({ host: "", slug: "a", version: 3 });
      for (let i = 0; i < 2500; i++) feed.written.push({ host: "", slug: `new ${i}`, version: 1 });
      const next = await open();
      expect(await next.get(sampleLink("a"))).toBeUndefined();
      expect((await next.get(sampleLink("b")))?.version).toBe(2);
      const believing = await open({ believing: true });
      expect(believing.servers.map(({ state }) => state)).toContain("up");
    });

    test("the same without the replay serves what is out of date", async () => {
      await cache.putIfNewer(sampleLink("a", 2), later());
      await cache.close();
      feed.written.push({ host: "", slug: "a", version: 3 });
      expect((await (await open({ believing: true })).get(sampleLink("a")))?.version).toBe(2);
    });

    test("starts from nothing when its place in the feed is lost or too far back, and all agree", async () => {
      await cache.putIfNewer(sampleLink("a", 2), later());
      await cache.close();
      feed.written.push({ host: "", slug: "a", version: 3 }, { host: "", slug: "b", version: 2 });
      feed.forgotten = 1;
      const [one, other] = await Promise.all([open(), open()]);
      expect(await one.get(sampleLink("a"))).toBeUndefined();
      await one.putIfNewer(sampleLink("a", 3), later());
      expect((await other.get(sampleLink("a")))?.version).toBe(3);
      for (const key of await ground().keys()) if (key.endsWith(":position")) await ground().write(key, "nonsense");
      const third = await open();
      expect(await third.get(sampleLink("a"))).toBeUndefined();
      // Whoever went on before hears of it with the next change.
      feed.written.push({ host: "", slug: "c", version: 1 });
      await third.putIfNewer(sampleLink("a", 3), later());
      await eventually(async () => (await one.get(sampleLink("a")))?.version === 3);
    });

    test("starts from nothing when its place in the feed expires under it, and goes on", async () => {
      await cache.putIfNewer(sampleLink("a", 2), later());
      feed.written.push({ host: "", slug: "a", version: 3 });
      feed.forgotten = 1;
      await eventually(async () => (await cache.get(sampleLink("a"))) === undefined, 2000);
      await eventually(() => cache.servers[0]?.state === "up");
      await cache.putIfNewer(sampleLink("a", 3), later());
      await Bun.sleep(2100);
      expect((await cache.get(sampleLink("a")))?.version).toBe(3);
      expect(cache.servers[0]?.opened).toBe(1);
    });

    test("one that is too far behind starts from nothing", async () => {
      await cache.putIfNewer(sampleLink("a", 2), later());
      await cache.close();
      for (let i = 0; i < 20_001; i++) feed.written.push({ host: "", slug: `new ${i}`, version: 1 });
      expect(await (await open()).get(sampleLink("a"))).toBeUndefined();
    });

    test("an emptied server is a cache with nothing in it", async () => {
      await cache.putIfNewer(sampleLink("a"), later());
      await ground().empty();
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
      await cache.putIfNewer(sampleLink("a"), later());
      expect((await cache.get(sampleLink("a")))?.version).toBe(1);
    });

    test("after close everything is a miss and nothing is an error", async () => {
      await cache.putIfNewer(sampleLink("a"), later());
      const open = cache.get(sampleLink("a"));
      await cache.close();
      await open;
      await cache.close();
      await cache.putIfNewer(sampleLink("a", 2), later());
      expect(await cache.get(sampleLink("a"))).toBeUndefined();
    });
  });
}
