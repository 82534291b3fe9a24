import { beforeEach, describe, expect, test } from "bun:test";
import { type Frozen, freeze, frozenBy, honouringFreeze, thaw } from "./freeze.ts";
import type { Document, Registry, Store } from "./store.ts";

let documents: Map<string, Document>;
let looks: number;
/** In ms, for the gate and for the expiry of documents. */
let now: number;
let store: Store;

beforeEach(() => {
  documents = new Map();
  looks = 0;
  now = 10_000;
  store = { registry, links: { insert: async () => "inserted", find: async () => "found" } } as unknown as Store;
});

const registry: Registry = {
  get: async (kind, id) => {
    looks++;
    const found = documents.get(`${kind}/${id}`);
    return found?.expiresAt != null && found.expiresAt <= now ? undefined : found;
  },
  put: async (document) => {
    const current = await registry.get(document.kind, document.id);
    if ((current?.version ?? 0) !== document.version - 1) return { outcome: "conflict", current };
    documents.set(`${document.kind}/${document.id}`, document);
    return { outcome: "stored" };
  },
  remove: async (kind, id) => documents.delete(`${kind}/${id}`),
  list: async () => [],
};

const link = {} as Parameters<Store["links"]["insert"]>[0];
const readOnly = expect.objectContaining({ code: "read_only" });

describe("a freeze", () => {
  test("is renewed by its own, stays to others, and is lifted", async () => {
    expect(await freeze(registry, "a", 20_000)).toEqual({ by: "a", version: 1, expiresAt: 20_000 });
    expect(await freeze(registry, "a", null)).toEqual({ by: "a", version: 2, expiresAt: null });
    expect(await freeze(registry, "b", 99_000)).toEqual({ by: "a", version: 2, expiresAt: null });
    expect(await thaw(registry)).toBe(true);
    expect(await thaw(registry)).toBe(false);
    expect(await frozenBy(registry)).toBeUndefined();
  });

  test("that was over in between begins at version 1 again", async () => {
    await freeze(registry, "a", 20_000);
    await freeze(registry, "a", 20_000);
    now = 20_000;
    expect(((await freeze(registry, "a", 30_000)) satisfies Frozen).version).toBe(1);
  });
});

describe("a store that honours it", () => {
  test("refuses writes from 1 s after the freeze on at the latest, and not what belongs to the store", async () => {
    const guarded = honouringFreeze(store, () => now);
    await guarded.links.insert(link);
    await freeze(registry, "a", null);
    now += 999;
    await guarded.links.insert(link);
    now += 1;
    await expect(guarded.links.insert(link)).rejects.toEqual(readOnly);
    await expect(guarded.registry.remove("key", "a")).rejects.toEqual(readOnly);
    expect(await guarded.links.find(link)).toBe("found" as never);
    expect(await thaw(guarded.registry)).toBe(true);
    now += 1000;
    await guarded.links.insert(link);
  });

  test("looks once a second however much is written", async () => {
    const guarded = honouringFreeze(store, () => now);
    for (let write = 0; write < 1000; write++) {
      await guarded.links.insert(link);
      now += 10;
    }
    expect(looks).toBeGreaterThanOrEqual(10);
    expect(looks).toBeLessThanOrEqual(21);
  });

  test("does not write when it can't look", async () => {
    const blind = { ...registry, get: () => Promise.reject(new Error("gone")) };
    const guarded = honouringFreeze({ ...store, registry: blind }, () => now);
    await expect(guarded.links.insert(link)).rejects.toThrow("gone");
  });

  test("does not believe a look that took too long", async () => {
    const slow: Registry = {
      ...registry,
      get: (kind, id) => {
        now += 1500;
        return registry.get(kind, id);
      },
    };
    const guarded = honouringFreeze({ ...store, registry: slow }, () => now);
    await expect(guarded.links.insert(link)).rejects.toThrow("too slow");
  });

  test("but not with its mutant", async () => {
    const deaf = honouringFreeze(store, () => now, true);
    await freeze(registry, "a", null);
    await deaf.links.insert(link);
  });
});
