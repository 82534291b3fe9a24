import { expect, test } from "bun:test";
import { slugOfId } from "../core/counter.ts";
import type { Document, PutOutcome, Registry } from "../core/store.ts";
import { counterHash, leasedIds } from "./counter-ids.ts";

/** A registry as several processes share it; every answer comes a turn later. */
function sharedRegistry(): Registry {
  const kept = new Map<string, Document>();
  const key = (kind: string, id: string) => `${kind}/${id}`;
  return {
    get: async (kind, id) => {
      await Bun.sleep(0);
      return kept.get(key(kind, id));
    },
    put: async (document): Promise<PutOutcome> => {
      await Bun.sleep(0);
      const current = kept.get(key(document.kind, document.id));
      if (document.version !== (current?.version ?? 0) + 1) return { outcome: "conflict", current };
      kept.set(key(document.kind, document.id), document);
      return { outcome: "stored" };
    },
    remove: async (kind, id) => kept.delete(key(kind, id)),
    list: async () => [...kept.values()],
  };
}

test("processes that take ids at once never get the same one", async () => {
  const registry = sharedRegistry();
  const sources = Array.from({ length: 4 }, () => leasedIds(registry));
  const taken = await Promise.all(sources.flatMap((next) => Array.from({ length: 1000 }, () => next())));
  expect(new Set(taken).size).toBe(4000);
  expect(Math.max(...taken)).toBeLessThan(4000 + 4 * 256);
});

test("a process that starts again does not repeat what an earlier one may have used", async () => {
  const registry = sharedRegistry();
  expect(await leasedIds(registry)()).toBe(0);
  expect(await leasedIds(registry)()).toBe(256);
});

test("a failed lease is told to all who wait, and the next one tries again", async () => {
  const registry = sharedRegistry();
  let failing = true;
  const next = leasedIds({
    ...registry,
    get: (kind, id) => (failing ? Promise.reject(new Error("down")) : registry.get(kind, id)),
  });
  const outcomes = await Promise.allSettled([next(), next()]);
  expect(outcomes.map((one) => one.status)).toEqual(["rejected", "rejected"]);
  failing = false;
  expect(await next()).toBe(0);
});

test("processes that start at once agree on the secret", async () => {
  const registry = sharedRegistry();
  const [one, two] = await Promise.all([counterHash(registry), counterHash(registry)]);
  const slugs = [one, two].map((hash) => Array.from({ length: 50 }, (_, id) => slugOfId(id, 3, hash)));
  expect(slugs[0]).toEqual(slugs[1] ?? []);
  const other = await counterHash(sharedRegistry());
  expect(slugOfId(7, 9, other)).not.toBe(slugOfId(7, 9, one));
});
