import { describe, expect, test } from "bun:test";
import { bar, columnChart } from "./chart.ts";
import { stepName, stepOf, stepsBetween } from "./steps.ts";

describe("a chart of columns", () => {
  test("is as high as its highest, and shows what is not nothing", () => {
    expect(columnChart([0, 1, 1000, 500], 40)).toEqual([
      "1,000     █",
      "          █",
      "          █",
      "          █ █",
      "          █ █",
      "    0   ▁ █ █",
    ]);
  });
  test("of nothing, and of no clicks, has no column", () => {
    expect(columnChart([], 40).join("").trim()).toBe("0" + "0");
    expect(columnChart([0, 0], 40)[0]).toBe("0");
  });
  test("fits, whatever there is to show", () => {
    for (const count of [1, 30, 90, 2000])
      for (const width of [20, 80])
        for (const line of columnChart(Array<number>(count).fill(7), width))
          expect(line.length).toBeLessThanOrEqual(width);
  });
});

test("a bar is a part of the most, in eighths", () => {
  expect([bar(10, 10, 4), bar(5, 10, 4), bar(1, 1000, 4), bar(0, 10, 4), bar(0, 0, 4)]).toEqual([
    "████",
    "██",
    "▏",
    "",
    "",
  ]);
});

describe("steps", () => {
  const at = (text: string) => Date.parse(text);
  test("begin where hours, days, weeks (on Monday) and months of UTC begin", () => {
    const time = at("2026-11-25T10:20:30Z");
    const starts = (["hour", "day", "week", "month"] as const).map((unit) => stepName(unit, stepOf(unit, time)));
    expect(starts).toEqual(["2026-11-25 10:00", "2026-11-25", "2026-11-23", "2026-11"]);
    expect(stepOf("week", at("2026-11-23T00:00:00Z"))).toBe(at("2026-11-23T00:00:00Z"));
    expect(stepOf("week", at("2026-11-22T23:59:59Z"))).toBe(at("2026-11-16T00:00:00Z"));
  });
  test("cover the range, none twice, its end excluded", () => {
    const days = stepsBetween("day", at("2026-02-27T12:00:00Z"), at("2026-03-02T00:00:00Z"), 100);
    expect(days.map((one) => stepName("day", one))).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    const months = stepsBetween("month", at("2025-12-31T00:00:00Z"), at("2026-02-01T00:00:01Z"), 100);
    expect(months.map((one) => stepName("month", one))).toEqual(["2025-12", "2026-01", "2026-02"]);
    expect(stepsBetween("hour", 0, at("2026-01-01T00:00:00Z"), 48)).toHaveLength(48);
  });
});
