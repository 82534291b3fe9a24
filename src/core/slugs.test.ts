import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { counterSlugs, slugOfId } from "./counter.ts";
import { slugProblem } from "./slug.ts";
import { hashSlugs, randomSlugs, slugAlphabet } from "./slugs.ts";

const bytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const sha256 = (text: string) => new Uint8Array(new Bun.CryptoHasher("sha256").update(text).digest().buffer);
const keyed = (key: string) => (text: string) => Number(Bun.hash(key + text) & 0xffff_ffffn);

describe("slugs that people write", () => {
  for (const slug of [
    "a",
    "Launch-2",
    "über",
    "नमस्ते",
    "a/b/c",
    "v1.2",
    "__proto__",
    "constructor",
    "...",
    "a".repeat(128),
  ])
    test(`${slug.slice(0, 20)} is one`, () => expect(slugProblem(slug)).toBeUndefined());
  for (const slug of [
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "a/./b",
    "a b",
    "a+",
    "a?b",
    "a\u0000",
    "a\r\nb",
    "😀",
    "a".repeat(129),
  ])
    test(`${JSON.stringify(slug).slice(0, 20)} is not`, () => expect(slugProblem(slug)).toBeString());
});

describe("random", () => {
  test("seven characters of the alphabet, longer when tries collide, and an end", async () => {
    const maker = randomSlugs(7, bytes);
    const lengths: number[] = [];
    for (let attempt = 0; ; attempt++) {
      const slug = await maker.propose("", attempt);
      if (slug === undefined) break;
      expect([...slug].every((c) => slugAlphabet.includes(c))).toBe(true);
      lengths.push(slug.length);
    }
    expect(lengths.slice(0, 7)).toEqual([7, 7, 7, 8, 8, 8, 9]);
    expect(lengths.at(-1)).toBe(13);
  });
  test("every character is as likely as every other", async () => {
    const counts = new Map<string, number>();
    const maker = randomSlugs(10, bytes);
    for (let i = 0; i < 5500; i++)
      for (const c of (await maker.propose("", 0)) ?? "") counts.set(c, (counts.get(c) ?? 0) + 1);
    expect(counts.size).toBe(55);
    // 1,000 expected of each; 200 is over six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});

describe("hash", () => {
  test("12 to 20 characters of base32, each a beginning of the next, then no more", async () => {
    const maker = hashSlugs(sha256);
    const slugs: string[] = [];
    for (let attempt = 0; ; attempt++) {
      const slug = await maker.propose("https://example.com/", attempt);
      if (slug === undefined) break;
      slugs.push(slug);
    }
    expect(slugs.map((slug) => slug.length)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(slugs.every((slug) => slugs[8]?.startsWith(slug))).toBe(true);
    // printf https://example.com/ | openssl dgst -sha256 -binary | base32 | tr A-Z a-z | cut -c1-20
    expect(slugs[8]).toBe("b4iv3mdcw7an2aylc2dy");
  });
});

describe("counter", () => {
  test("is a bijection of each length, the shortest first", () => {
    for (const key of ["a", "b"]) {
      const seen = new Set<string>();
      for (let id = 0; id < 55 + 55 ** 2; id++) seen.add(slugOfId(id, 1, keyed(key)) ?? "");
      expect(seen.size).toBe(55 + 55 ** 2);
      expect([...seen].slice(0, 55).every((slug) => slug.length === 1)).toBe(true);
      expect([...seen].slice(55).every((slug) => slug.length === 2)).toBe(true);
    }
  });
  test("never gives two ids one slug, at any length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 0, max: 2 ** 50 }), (a, b) => {
        if (a !== b) expect(slugOfId(a, 1, keyed("k"))).not.toBe(slugOfId(b, 1, keyed("k")) ?? "none");
      }),
    );
  });
  test("another key gives another order, and neighbours look unrelated", () => {
    const some = (key: string) => Array.from({ length: 100 }, (_, id) => slugOfId(id, 7, keyed(key)));
    expect(some("a")).not.toEqual(some("b"));
    const firsts = new Set(some("a").map((slug) => slug?.charAt(0)));
    expect(firsts.size).toBeGreaterThan(20);
  });
  test("ends after nine characters instead of repeating", () => {
    expect(slugOfId(Number.MAX_SAFE_INTEGER, 1, keyed("k"))).toBeUndefined();
  });
  test("takes each id once", async () => {
    let next = 0;
    const maker = counterSlugs(1, keyed("k"), async () => next++);
    const slugs = new Set<string | undefined>();
    for (let i = 0; i < 1000; i++) slugs.add(await maker.propose("", 0));
    expect(slugs.size).toBe(1000);
  });
});
