import { describe, expect, test } from "bun:test";
import { addressOf, breathe, lasting } from "./breath.ts";

describe("what is typed in one breath", () => {
  test("an address alone", () => {
    expect(breathe("  https://example.com/a b ")?.url).toBe("https://example.com/a");
    expect(breathe("example.com/a")).toEqual({
      url: "https://example.com/a",
      slug: undefined,
      tags: [],
      lasts: undefined,
    });
  });
  test("slug, tags and time, in any order", () => {
    const all = { url: "https://a.io/x", slug: "q3-report", tags: ["finance", "board"], lasts: 30 * 86_400_000 };
    expect(breathe("https://a.io/x q3-report #finance #board 30d")).toEqual(all);
    expect(breathe("https://a.io/x #finance 30d /q3-report #board #finance")).toEqual(all);
  });
  test("is nothing without a web address", () => {
    for (const text of [
      "",
      "hello",
      "javascript:alert(1)",
      "ftp://a.io",
      "mailto:a@b.io",
      "#tag",
      "file:///etc",
      "a@b.io",
    ])
      expect(breathe(text)).toBeUndefined();
  });
  test("times", () => {
    expect([lasting("1h"), lasting("2w"), lasting("1y")]).toEqual([3_600_000, 14 * 86_400_000, 365 * 86_400_000]);
    expect([lasting("0d"), lasting("d"), lasting("30days"), lasting("-1d")]).toEqual(Array(4).fill(undefined));
  });
  test("a port or a path without a scheme", () => {
    expect(addressOf("example.com:8080/x")).toBe("https://example.com:8080/x");
    expect(addressOf("localhost")).toBeUndefined();
    expect(addressOf("http://localhost:3000/x")).toBe("http://localhost:3000/x");
  });
});
