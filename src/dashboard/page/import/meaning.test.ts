import { describe, expect, test } from "bun:test";
import { guess, lineOf } from "./meaning.ts";

describe("a row of an import", () => {
  test("columns are known by other shorteners' names, each meaning once", () => {
    expect(guess(["Keyword", "Long URL", "clicks", "title", "target"])).toEqual([
      "slug",
      "url",
      undefined,
      "title",
      undefined,
    ]);
  });
  test("cells become what the API takes", () => {
    const columns = guess(["url", "slug", "tags", "status", "disabled", "expires at", "note"]);
    const row = ["https://a.io", "x", 'a,"b, c"', "301", "yes", "2030-01-31", "'=1+1"];
    expect(lineOf(row, columns)).toEqual({
      url: "https://a.io",
      slug: "x",
      tags: ["a", "b, c"],
      redirectStatus: 301,
      disabled: true,
      validUntil: "2030-01-31T00:00:00.000Z",
      note: "=1+1",
    });
  });
  test("what does not fit is left for the API to refuse", () => {
    expect(lineOf(["https://a.io", "soon"], ["url", "validUntil"])).toEqual({
      url: "https://a.io",
      validUntil: "soon",
    });
    expect(lineOf(["", null], ["slug", "title"])).toEqual({});
  });
});
