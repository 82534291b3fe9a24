import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { VisitorLink } from "./link.ts";
import { LinkArena } from "./link-arena.ts";
import { decodeRecord } from "./record.ts";

const id = (slug: string) => ({ host: "", slug });
const token = "0123456789abcdef".repeat(2);
/** What visitors need of a link. */
const record = (slug: string, url: string, more: object = {}): VisitorLink => {
  const document = { url, createdAt: 1_764_000_000_123, token, ...more };
  const { title: _title, note: _note, changedBy: _by, ...link } = decodeRecord(id(slug), JSON.stringify(document));
  return link;
};
/** All that a link can have besides. */
const moreOfLinks = fc.record(
  {
    tags: fc.array(fc.string({ unit: "grapheme", maxLength: 9 }), { maxLength: 3, minLength: 1 }),
    redirectStatus: fc.constantFrom(301, 308),
    validFrom: fc.nat(),
    validUntil: fc.nat(),
    maxClicks: fc.nat(),
    usedClicks: fc.nat(),
    disabled: fc.constant(true),
    forwardQuery: fc.constant(true),
    updatedAt: fc.nat(),
    deletedAt: fc.nat(),
    version: fc.integer({ min: 2 }),
    createdAt: fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 8.64e15),
  },
  { requiredKeys: [] },
);

const got = (arena: LinkArena, slug: string) => {
  const place = arena.placeOf(slug);
  return place === -1 ? undefined : arena.at(place, id(slug));
};

describe("the arena of links", () => {
  test("gives back what was put in last, or nothing, whatever it had to drop", () => {
    const key = fc.integer({ min: 0, max: 60 }).map((n) => `s${n}`);
    const length = fc.oneof({ weight: 20, arbitrary: fc.nat(120) }, fc.nat(3000));
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("set" as const), key, length, more: moreOfLinks }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), key, length, more: fc.constant({}) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("ask" as const), key, length, more: fc.constant({}) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.integer(), (steps, seed) => {
        const arena = new LinkArena(8192, seed);
        const model = new Map<string, VisitorLink>();
        const atHand = new Map<string, boolean>();
        for (const [n, { do: what, key, length, more }] of steps.entries()) {
          if (what === "ask") {
            const place = arena.atHand(Buffer.from(key), 0, key.length);
            if (place !== -1) expect(arena.at(place, id(key))).toEqual(model.get(key) as VisitorLink);
          } else if (what === "delete") {
            arena.delete(key);
            model.delete(key);
          } else {
            const put = record(key, `https://example.com/${n}/${"e".repeat(length)}`, more);
            arena.set(key, put, n % 3 > 0);
            model.set(key, put);
            atHand.set(key, n % 3 > 0);
            if (length < 10 && Object.keys(more).length === 0) expect(arena.has(key)).toBe(true);
          }
        }
        let found = 0;
        for (let n = 0; n <= 60; n++) {
          const link = got(arena, `s${n}`);
          if (link === undefined) continue;
          found++;
          expect(link).toEqual(model.get(`s${n}`) as VisitorLink);
          const asked = Buffer.from(`GET /s${n} HTTP/1.1`);
          const place = arena.atHand(asked, 5, asked.length - 9);
          expect(place).toBe(atHand.get(`s${n}`) === true ? arena.placeOf(`s${n}`) : -1);
          if (place === -1) continue;
          const end = arena.copyAddress(place, arena.room + 7);
          expect(arena.bytes.latin1Slice(arena.room + 7, end)).toBe(link.url);
          expect(arena.bytes.hexSlice(arena.tokenAt(place), arena.tokenAt(place) + 16)).toBe(token);
        }
        expect(arena.size).toBe(found);
      }),
      { numRuns: 300 },
    );
  });

  test("drops the oldest first, and holds as many as fit", () => {
    const arena = new LinkArena(100_000, 1);
    for (let n = 0; n < 5000; n++) arena.set(`s${n}`, record(`s${n}`, `https://example.com/${n}`));
    expect(arena.size).toBeGreaterThan(1000);
    for (let n = 0; n < 5000; n++) expect(arena.has(`s${n}`)).toBe(n >= 5000 - arena.size);
  });

  test("keeps those that are asked for, and no more of them than can be moved at once", () => {
    const arena = new LinkArena(100_000, 1);
    const ask = (slug: string) => arena.atHand(Buffer.from(slug), 0, slug.length) !== -1;
    const put = (slug: string) => arena.set(slug, record(slug, `https://example.com/${slug}`), true);
    for (let n = 0; n < 5000; n++) {
      put(`s${n}`);
      if (n > 0 && n % 100 === 0) for (let hot = 0; hot < 20; hot++) expect(ask(`s${hot}`)).toBe(true);
      if (n > 3000) expect(ask("s3000")).toBe(true);
    }
    expect(ask("s30")).toBe(false);
    // All are asked for: still each new one finds room.
    for (let n = 0; n < 5000; n++) ask(`s${n}`);
    put("new");
    expect(ask("new")).toBe(true);
    expect(ask("s3000")).toBe(true);
  });

  test("keeps a mark beside a link until the link is another, or the serial number", () => {
    const arena = new LinkArena(10_000, 1);
    const place = () => arena.placeOf("a");
    arena.set("a", record("a", "https://example.com/"));
    expect(arena.markAt(place(), 1)).toBe(0);
    arena.mark(place(), 1, 7);
    expect([arena.markAt(place(), 1), arena.markAt(place(), 2)]).toEqual([7, 0]);
    // Once around the ring, over what was there.
    for (let n = 0; n < 500; n++) {
      arena.set("a", record("a", `https://example.com/${n}`));
      expect(arena.markAt(place(), 1)).toBe(0);
      arena.mark(place(), 1, 7);
    }
  });

  test("keeps nothing whose address or token is of another kind", () => {
    const arena = new LinkArena(100_000, 1);
    arena.set("a", record("a", "https://example.com/é"));
    arena.set("b", record("b", "https://example.com/", { token: "t" }));
    expect([arena.has("a"), arena.has("b"), arena.size]).toEqual([false, false, 0]);
  });

  test("keeps nothing under a key that is not ASCII, and can be emptied", () => {
    const arena = new LinkArena(100_000, 1);
    arena.set("é", record("é", "https://example.com/"));
    arena.set("a/b", record("a/b", "https://example.com/"));
    expect([arena.has("é"), arena.has("a/b"), arena.size]).toEqual([false, true, 1]);
    arena.clear();
    expect([arena.has("a/b"), arena.size]).toEqual([false, 0]);
    arena.set("a/b", record("a/b", "https://example.com/2"));
    expect(got(arena, "a/b")?.url).toBe("https://example.com/2");
  });
});
