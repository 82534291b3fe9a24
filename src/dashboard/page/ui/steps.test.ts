import { describe, expect, test } from "bun:test";
import { dated, drawn, floor, gridOf, latest, next, whole } from "./steps.ts";

const at = (text: string) => Date.parse(text);

describe("steps of time", () => {
  test("begin where UTC has them", () => {
    expect(floor(at("2026-11-25T09:59:59Z"), "hour")).toBe(at("2026-11-25T09:00:00Z"));
    expect(floor(at("2026-11-25T09:59:59Z"), "week")).toBe(at("2026-11-23T00:00:00Z"));
    expect(floor(at("2026-11-25T09:59:59Z"), "month")).toBe(at("2026-11-01T00:00:00Z"));
    expect(next(at("2026-12-01T00:00:00Z"), "month")).toBe(at("2027-01-01T00:00:00Z"));
  });
  test("the last 90 days are 90 steps, and today is the last of them", () => {
    const now = at("2026-11-25T09:30:00Z");
    const range = latest(90 * 86_400_000, now);
    const steps = drawn(range, [], []);
    expect(steps).toHaveLength(90);
    expect(steps.at(-1)?.start).toBe(at("2026-11-25T00:00:00Z"));
    expect(drawn(latest(86_400_000, now), [], []).at(-1)?.start).toBe(at("2026-11-25T09:00:00Z"));
  });
  test("bots are what is more in the series with them", () => {
    const range = whole(at("2026-11-24T00:00:00Z"), at("2026-11-26T00:00:00Z"), "day");
    const start = "2026-11-25T00:00:00.000Z";
    const steps = drawn(range, [{ start, clicks: 3, unique: 2 }], [{ start, clicks: 5, unique: 2 }]);
    expect(steps.map(({ clicks, visitors, bots }) => [clicks, visitors, bots])).toEqual([
      [0, 0, 0],
      [3, 2, 2],
    ]);
  });
});

describe("what a chart names", () => {
  test("at most three round grid lines, near the top of what there is", () => {
    expect(gridOf(622, 3)).toEqual([200, 400, 600]);
    expect(gridOf(702_158, 3)).toEqual([250_000, 500_000, 750_000]);
    expect(gridOf(622, 2)).toEqual([300, 600].map(() => expect.any(Number)));
    expect(gridOf(1, 3)).toEqual([1]);
    expect(gridOf(0, 3)).toEqual([]);
  });
  test("the first and the last step, and round ones between", () => {
    const range = whole(at("2025-04-01T00:00:00Z"), at("2025-06-30T00:00:00Z"), "day");
    const steps = drawn(range, [], []);
    const named = dated(range, steps, 3).map((i) => new Date(steps[i]?.start ?? 0).toISOString().slice(5, 10));
    expect(named[0]).toBe("04-01");
    expect(named.at(-1)).toBe("06-29");
    expect(named.length).toBeGreaterThan(2);
  });
});
