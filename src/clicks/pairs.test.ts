import { expect, test } from "bun:test";
import fc from "fast-check";
import { Pairs } from "./pairs.ts";

test("each key comes once, in order, with how often it was added", () => {
  // Runs of a key, over few keys or many, so that they are sorted several times on the way.
  const runs = fc.array(fc.tuple(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 5 })), { maxLength: 60 });
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 2000 }), (some, spread) => {
      const pairs = new Pairs();
      const counts = new Map<number, number>();
      const add = (key: number) => {
        pairs.add(key);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      };
      for (const [key, times] of some)
        for (let i = 0; i < times * 400; i++) {
          add(2 ** 40 * key + (i % 3 === 0 ? (i * 7) % spread : 0));
          if (i % 100 === 0) expect(pairs.atLeast).toBeLessThanOrEqual(counts.size);
        }
      expect(pairs.atMost).toBeGreaterThanOrEqual(counts.size);
      const { keys, counts: taken } = pairs.take();
      expect([...keys].map((key, at) => [key, taken[at] ?? 0])).toEqual([...counts].sort((a, b) => a[0] - b[0]));
      expect(pairs.take().keys).toHaveLength(0);
    }),
    { numRuns: 30 },
  );
});
