import { describe, expect, test } from "bun:test";
import type { Current } from "../contract.ts";
import { batch, linkId, tendAll, visit } from "./click-samples.ts";

const hourMs = 3_600_000;

export function describeVisits(current: Current): void {
  describe("visits", () => {
    test("are shown latest first, page by page, and not past their retention", async () => {
      const { clicks } = current().store;
      const now = Date.now() - 60_000;
      const late = now - 31 * 24 * hourMs;
      const times = Array.from({ length: 60 }, (_, index) => now - Math.floor(index / 3) * 1000);
      for (const [number, time] of times.entries())
        await clicks.add(
          batch(number, [], {
            visits: [visit(time, `v${number}`), visit(time, "other", linkId(2)), visit(late, "late")],
          }),
        );
      for (let round = 0; round < 2; round++) {
        const seen: number[] = [];
        for (let before: number | undefined; seen.length < 60; before = seen.at(-1)) {
          const page = await clicks.visits(linkId(1), 10, before);
          expect(page.length).toBeGreaterThanOrEqual(Math.min(10, 60 - seen.length));
          seen.push(...page.map(({ time }) => time));
        }
        expect(seen).toEqual(times);
        const [first] = await clicks.visits(linkId(1), 1);
        expect(first).toMatchObject({ link: linkId(1), time: now });
        expect(first?.values[0]).toMatch(/^v[012]$/);
        await tendAll(clicks, "node-1");
      }
    });

    test("the latest 1,000 of a link are kept, and a sample of those before", async () => {
      const { clicks } = current().store;
      const now = Date.now() - 60_000;
      await clicks.add(
        batch(1, [], { visits: Array.from({ length: 5000 }, (_, index) => visit(now - index * 7, `v${index}`)) }),
      );
      const latest = await clicks.visits(linkId(1), 5000);
      expect(latest.map(({ values }) => values[0] ?? "?")).toEqual(Array.from({ length: 1000 }, (_, at) => `v${at}`));
      const sample = await clicks.visits(linkId(1), 1000, latest.at(-1)?.time);
      expect(sample.length).toBeGreaterThan(100);
      expect(sample.length).toBeLessThan(1000);
    });
  });
}
