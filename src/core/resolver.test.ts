import { beforeEach, describe, expect, test } from "bun:test";
import type { Cache } from "./cache.ts";
import { keyOf, type LinkId, type LinkRecord } from "./link.ts";
import { decodeRecord } from "./record.ts";
import { Resolver } from "./resolver.ts";
import { type Change, StoreUnavailable } from "./store.ts";

const id: LinkId = { host: "", slug: "a" };
const change: Change = { ...id, version: 2 };
const record = (version: number, deletedAt: number | null = null) =>
  ({ ...id, url: `https://example.com/${version}`, version, deletedAt }) as LinkRecord;

/** A store whose answers the test holds back and lets go. */
class HeldStore {
  asked: ((answer: LinkRecord | undefined | Error) => void)[] = [];
  find(): Promise<LinkRecord | undefined> {
    return new Promise((resolve, reject) => {
      this.asked.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  }
}

let store: HeldStore;
let now: number;
let resolver: Resolver;
const turn = () => Bun.sleep(0);

beforeEach(() => {
  store = new HeldStore();
  now = 0;
  resolver = new Resolver({ store, cache: undefined, now: () => now, limit: 2, unknownFor: 1000 });
});

describe("one flight for each slug", () => {
  test("many who wait ask the store once", async () => {
    const all = Array.from({ length: 10 }, () => resolver.find(id));
    await turn();
    expect(store.asked.length).toBe(1);
    store.asked[0]?.(record(1));
    for (const found of await Promise.all(all)) expect(found?.link.version).toBe(1);
    expect(resolver.hit(keyOf(id))?.link.version).toBe(1);
  });
  test("an error reaches all of them and is not remembered", async () => {
    const all = [resolver.find(id), resolver.find(id)];
    await turn();
    store.asked[0]?.(new StoreUnavailable("down"));
    for (const one of await Promise.allSettled(all)) expect(one.status).toBe("rejected");
    const again = resolver.find(id);
    await turn();
    store.asked[1]?.(record(1));
    expect((await again)?.link.version).toBe(1);
  });
});

describe("links kept as bytes", () => {
  const known = async (slug: string) => {
    const asked = store.asked.length;
    const finding = resolver.find({ host: "", slug });
    await turn();
    store.asked[asked]?.({ ...full, slug });
    return { found: await finding, asked: store.asked.length - asked };
  };
  const full = decodeRecord(
    id,
    JSON.stringify({ url: "https://example.com/", createdAt: 1, token: "0123456789abcdef0123456789abcdef" }),
  );

  beforeEach(() => {
    resolver = new Resolver({ store, cache: undefined, now: () => now, limit: 1, arenaBytes: 1e6 });
  });

  test("are found again after others took their place among the objects", async () => {
    for (const slug of ["a", "b", "c"]) expect((await known(slug)).asked).toBe(1);
    for (const slug of ["a", "b", "c"]) {
      expect(resolver.hit(slug)?.link).toMatchObject({
        slug,
        url: full.url,
        token: full.token,
        createdAt: 1,
        version: 1,
      });
      expect((await known(slug)).asked).toBe(0);
    }
  });

  test("are forgotten with a change, and with all", async () => {
    for (const slug of ["a", "b"]) await known(slug);
    resolver.forget([change]);
    expect([resolver.hit("a"), resolver.hit("b")?.link.slug]).toEqual([undefined, "b"]);
    resolver.forgetAll();
    expect(resolver.hit("b")).toBeUndefined();
  });
});

describe("a change during a flight", () => {
  test("whoever asks after it does not get what was before", async () => {
    const early = resolver.find(id);
    await turn();
    resolver.forget([change]);
    const late = resolver.find(id);
    await turn();
    expect(store.asked.length).toBe(2);
    store.asked[1]?.(record(2));
    store.asked[0]?.(record(1));
    expect((await late)?.link.version).toBe(2);
    expect((await early)?.link.version).toBe(1);
    expect(resolver.hit(keyOf(id))?.link.version).toBe(2);
  });
  test("what the flight brings is not kept, whichever way it is forgotten", async () => {
    for (const forget of [() => resolver.forget([change]), () => resolver.forgetAll()]) {
      const flight = resolver.find(id);
      await turn();
      forget();
      store.asked.at(-1)?.(record(1));
      await flight;
      expect(resolver.hit(keyOf(id))).toBeUndefined();
    }
  });
  test("even when it comes in the turn in which the flight began", async () => {
    const flight = resolver.find(id);
    resolver.forget([change]);
    await turn();
    store.asked[0]?.(record(1));
    await flight;
    expect(resolver.hit(keyOf(id))).toBeUndefined();
  });
});

describe("an unknown slug", () => {
  const ask = async (answer: LinkRecord | undefined) => {
    const flight = resolver.find(id);
    await turn();
    store.asked.at(-1)?.(answer);
    return flight;
  };
  test("is remembered for a while", async () => {
    expect(await ask(undefined)).toBeUndefined();
    now = 999;
    expect(await resolver.find(id)).toBeUndefined();
    expect(store.asked.length).toBe(1);
    now = 1000;
    expect((await ask(record(1)))?.link.version).toBe(1);
  });
  test("until it is made", async () => {
    await ask(undefined);
    resolver.forget([change]);
    expect((await ask(record(1)))?.link.version).toBe(1);
  });
  test("and the mark of a deleted link is one", async () => {
    expect(await ask(record(3, 5))).toBeUndefined();
    expect(resolver.hit(keyOf(id))).toBeUndefined();
  });
});

describe("a store in this process", () => {
  let answer: LinkRecord | undefined | Error;
  const edited = (version: number, updatedAt = 0) => ({ ...record(version), updatedAt }) as LinkRecord;
  const over = (more: object = {}) =>
    new Resolver({
      store: {
        find: () => store.find(),
        findAtOnce: () => {
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      cache: undefined,
      now: () => now,
      tell: async () => {},
      ...more,
    });

  test("brings a link into memory at once", () => {
    resolver = over();
    answer = edited(1);
    expect(resolver.bring("a")).toBe(true);
    expect(resolver.hit("a")?.link.version).toBe(1);
    expect(resolver.counts.store).toBe(1);
  });
  test("brings nothing that others have to hear of first, or that is not there, or can't be told", () => {
    for (const one of [edited(2), record(1, 5), undefined, new StoreUnavailable("down")]) {
      resolver = over();
      answer = one;
      expect(resolver.bring("a")).toBe(false);
      expect(resolver.hit("a")).toBeUndefined();
    }
    now = 60_001;
    answer = edited(2);
    expect(resolver.bring("a")).toBe(true);
  });
  test("brings nothing into a flight, or past a shared cache", async () => {
    answer = edited(1);
    resolver = over();
    const finding = resolver.find(id);
    expect(resolver.bring("a")).toBe(false);
    await turn();
    store.asked[0]?.(edited(1));
    await finding;
    const cache = { get: async () => undefined, putIfNewer: async () => {} } as unknown as Cache;
    expect(over({ cache }).bring("a")).toBe(false);
  });
});

describe("a shared cache", () => {
  let kept: Map<string, LinkRecord>;
  const through = () => {
    const cache: Cache = {
      get: async (one) => kept.get(keyOf(one)),
      putIfNewer: async (one) => void kept.set(keyOf(one), one),
      close: async () => {},
    };
    return new Resolver({ store, cache, now: () => now });
  };
  beforeEach(() => {
    kept = new Map();
  });

  test("is asked before the store and filled from it", async () => {
    const first = through().find(id);
    await turn();
    store.asked[0]?.(record(1));
    await first;
    expect(kept.get("a")?.version).toBe(1);
    expect((await through().find(id))?.link.version).toBe(1);
    expect(store.asked.length).toBe(1);
  });

  test("is not believed about what is older than a change that was heard of", async () => {
    kept.set("a", record(1));
    const one = through();
    one.forget([change]);
    const found = one.find(id);
    await turn();
    store.asked[0]?.(record(2));
    expect((await found)?.link.version).toBe(2);
    one.forget([change]);
    expect((await one.find(id))?.link.version).toBe(2);
    expect(store.asked.length).toBe(1);
  });

  test("is not asked for a while when it is not known what changed", async () => {
    kept.set("a", record(1));
    const one = through();
    one.forgetAll();
    const found = one.find(id);
    await turn();
    store.asked[0]?.(record(2));
    expect((await found)?.link.version).toBe(2);
  });

  test("is not filled with what was read long ago", async () => {
    const found = through().find(id);
    await turn();
    now = 10_000;
    store.asked[0]?.(record(1));
    await found;
    expect(kept.size).toBe(0);
  });
});

describe("an edit that this process is the first to read", () => {
  let told: number[];
  let heard: () => void;
  const edited = (version: number, updatedAt = 0) => ({ ...record(version), updatedAt }) as LinkRecord;

  beforeEach(() => {
    told = [];
    const tell = (news: readonly Change[]) => {
      told.push(...news.map((one) => one.version));
      // The others hear of it, and so does this process.
      return new Promise<void>((resolve) => {
        heard = () => {
          resolver.forget(news);
          resolve();
        };
      });
    };
    resolver = new Resolver({ store, cache: undefined, now: () => now, tell });
  });

  /** A flight up to the store's answer. */
  async function read(answer: LinkRecord) {
    let done = false;
    const found = resolver.find(id).finally(() => {
      done = true;
    });
    await turn();
    store.asked.pop()?.(answer);
    await turn();
    return { found, isDone: () => done };
  }

  test("is told to the others before a visitor hears of it, and once", async () => {
    const first = await read(edited(2));
    expect([told, first.isDone()]).toEqual([[2], false]);
    heard();
    expect((await first.found)?.link.version).toBe(2);
    expect((await (await read(edited(2))).found)?.link.version).toBe(2);
    expect(told).toEqual([2]);
    expect(resolver.hit(keyOf(id))?.link.version).toBe(2);
  });
  test("stays in memory when the others tell of it too, and goes with the next one", async () => {
    const first = await read(edited(2));
    heard();
    await first.found;
    await (await read(edited(2))).found;
    resolver.forget([change]);
    expect(resolver.hit(keyOf(id))?.link.version).toBe(2);
    resolver.forget([{ ...change, version: 3 }]);
    expect(resolver.hit(keyOf(id))).toBeUndefined();
  });
  test("is no news when it was never edited, or long ago", async () => {
    expect((await (await read(edited(1))).found)?.link.version).toBe(1);
    resolver.forgetAll();
    now = 60_001;
    expect((await (await read(edited(2))).found)?.link.version).toBe(2);
    expect(told).toEqual([]);
  });
});
