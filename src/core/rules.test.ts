import { describe, expect, test } from "bun:test";
import type { LinkRecord } from "./link.ts";
import { decide, isPlain, withQuery } from "./rules.ts";

const link: LinkRecord = {
  host: "",
  slug: "a",
  url: "https://example.com/x?a=1#f",
  title: null,
  tags: [],
  note: null,
  redirectStatus: null,
  validFrom: null,
  validUntil: null,
  maxClicks: null,
  usedClicks: 0,
  disabled: false,
  forwardQuery: false,
  createdAt: 0,
  updatedAt: 0,
  deletedAt: null,
  version: 1,
  changedBy: null,
  token: "t",
};
const decided = (change: Partial<LinkRecord>, now = 100, query = "") => decide({ ...link, ...change }, now, query, 302);

describe("a decision", () => {
  test("goes to the target with the default status", () =>
    expect(decided({})).toEqual({ kind: "redirect", status: 302, location: link.url, limited: false }));
  test("or with the link's own", () => expect(decided({ redirectStatus: 308 })).toMatchObject({ status: 308 }));
  test("is unknown before the window, gone from its end on", () => {
    const window = { validFrom: 100, validUntil: 200 };
    expect(decided(window, 99).kind).toBe("unknown");
    expect(decided(window, 100).kind).toBe("redirect");
    expect(decided(window, 199).kind).toBe("redirect");
    expect(decided(window, 200).kind).toBe("gone");
  });
  test("is gone when disabled, even before the window", () =>
    expect(decided({ disabled: true, validFrom: 500 }).kind).toBe("gone"));
  test("takes a click of the limit, is gone when the last one was taken, and back when the limit is raised", () => {
    expect(decided({ maxClicks: 5, usedClicks: 4 })).toMatchObject({ kind: "redirect", limited: true });
    expect(decided({ maxClicks: 5, usedClicks: 5 }).kind).toBe("gone");
    expect(decided({ maxClicks: 6, usedClicks: 5 }).kind).toBe("redirect");
    expect(decided({ maxClicks: null, usedClicks: 5 })).toMatchObject({ kind: "redirect", limited: false });
  });
  test("is unknown when deleted, whatever else", () =>
    expect(decided({ deletedAt: 50, disabled: true }).kind).toBe("unknown"));
  test("ignores the visitor's query unless it is forwarded", () => {
    expect(decided({}, 100, "b=2")).toMatchObject({ location: link.url });
    expect(decided({ forwardQuery: true }, 100, "b=2")).toMatchObject({ location: "https://example.com/x?a=1&b=2#f" });
  });
});

describe("what has a condition is not plain", () => {
  test("nothing", () => expect(isPlain(link)).toBe(true));
  for (const change of [
    { validFrom: 1 },
    { validUntil: 1 },
    { maxClicks: 1 },
    { disabled: true },
    { deletedAt: 1 },
    { forwardQuery: true },
  ])
    test(Object.keys(change).join(), () => expect(isPlain({ ...link, ...change })).toBe(false));
});

describe("a forwarded query", () => {
  for (const [target, query, merged] of [
    ["https://e.com/", "a=1", "https://e.com/?a=1"],
    ["https://e.com/?a=1&b=2", "a=9", "https://e.com/?b=2&a=9"],
    ["https://e.com/?a=1&a=2", "a=9&a=8", "https://e.com/?a=9&a=8"],
    ["https://e.com/?%61=1", "a=2", "https://e.com/?a=2"],
    ["https://e.com/?a=%20x+y", "b=%zz", "https://e.com/?a=%20x+y&b=%zz"],
    ["https://e.com/#top", "a", "https://e.com/?a#top"],
    ["https://e.com/?a=1#top", "", "https://e.com/?a=1#top"],
    ["https://e.com/?a=1", "&&", "https://e.com/?a=1"],
  ] as const)
    test(`${target} with ${query}`, () => expect(withQuery(target, query)).toBe(merged));
});
