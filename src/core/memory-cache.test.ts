import { expect, test } from "bun:test";
import fc from "fast-check";
import { MemoryCache } from "./memory-cache.ts";

test("never holds more than its limit, and never a value that was not set", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(fc.constantFrom("get", "set", "delete"), fc.integer({ min: 0, max: 9 }), fc.nat())),
      (limit, steps) => {
        const cache = new MemoryCache<number>(limit);
        const model = new Map<string, number>();
        for (const [what, which, value] of steps) {
          const key = String(which);
          if (what === "set") {
            cache.set(key, value);
            model.set(key, value);
            expect(cache.get(key)).toBe(value);
          } else if (what === "delete") {
            cache.delete(key);
            model.delete(key);
          } else {
            const found = cache.get(key);
            if (found !== undefined) expect(found).toBe(model.get(key) ?? -1);
          }
          expect(cache.size).toBeLessThanOrEqual(limit);
        }
      },
    ),
  );
});

test("what is asked for stays, what is not goes first", () => {
  const cache = new MemoryCache<number>(3);
  for (const key of ["a", "b", "c"]) cache.set(key, 1);
  cache.get("a");
  cache.set("d", 1);
  cache.set("e", 1);
  expect(["a", "b", "c", "d", "e"].filter((key) => cache.get(key) !== undefined)).toEqual(["a", "d", "e"]);
});

test("a full cache of used entries still takes a new one", () => {
  const cache = new MemoryCache<number>(2);
  for (const key of ["a", "b"]) cache.set(key, 1);
  for (const key of ["a", "b"]) cache.get(key);
  cache.set("c", 1);
  expect(cache.get("c")).toBe(1);
  expect(cache.size).toBe(2);
});
