import { expect, test } from "bun:test";
import type { LinkRecord } from "./link.ts";
import { words, wordsOf } from "./words.ts";

test("words are folded runs of letters and digits, each once", () => {
  expect(words("Hello, HELLO wörld-2 ﬁx")).toEqual(["hello", "wörld", "2", "fix"]);
  expect(words("  ...  ")).toEqual([]);
  expect(words("x".repeat(100))).toEqual(["x".repeat(64)]);
});

test("a link is found by its slug, title, tags and target, not by the scheme or www", () => {
  const link = {
    slug: "Q3-report",
    title: "Numbers",
    tags: ["finance"],
    url: "https://www.drive.example/b%C3%BCcher?x=%zz",
  } as unknown as LinkRecord;
  const found = wordsOf(link);
  for (const word of ["q3", "report", "numbers", "finance", "drive", "example"]) expect(found).toContain(word);
  for (const word of ["https", "www"]) expect(found).not.toContain(word);
});
