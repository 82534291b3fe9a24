import { describe, expect, test } from "bun:test";
import type { LinkStore } from "../../core/store.ts";
import type { Current } from "../contract.ts";
import { awkwardSlugs, deleted, next, revived, sample } from "./samples.ts";

/** Reads until nothing new comes, and gives the highest version told of each slug. */
async function readOn(
  links: LinkStore,
  from: string,
  limit: number,
): Promise<{ seen: Map<string, number>; cursor: string }> {
  const seen = new Map<string, number>();
  let cursor = from;
  for (;;) {
    const page = await links.changes(cursor, limit);
    if (page === "expired") throw new Error("The cursor expired.");
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    for (const change of page.changes) {
      const key = `${change.host}//${change.slug}`;
      seen.set(key, Math.max(change.version, seen.get(key) ?? 0));
    }
    if (page.changes.length === 0) return { seen, cursor: page.cursor };
    cursor = page.cursor;
  }
}

async function now(links: LinkStore): Promise<string> {
  const page = await links.changes(null, 10);
  if (page === "expired") throw new Error("Now has expired.");
  expect(page.changes).toEqual([]);
  return page.cursor;
}

export function describeFeed(current: Current): void {
  describe("changes", () => {
    test("tells every change after the cursor, whoever made it", async () => {
      const { links } = current().store;
      const other = await current().another();
      const start = await now(links);
      const records = awkwardSlugs.map((slug) => sample(slug));
      await links.insertMany(records);
      const [a, b] = [sample("same"), sample("same", { host: "h.example" })];
      await other.links.insert(a);
      await other.links.insert(b);
      const middle = await now(links);
      await links.replace(next(a));
      const mark = deleted(next(a));
      await other.links.replace(mark);
      await links.replace(revived(mark));

      for (const limit of [1, 3, 1000]) {
        const all = await readOn(other.links, start, limit);
        expect(all.seen.size).toBe(records.length + 2);
        for (const record of records) expect(all.seen.get(`//${record.slug}`)).toBe(1);
        expect(all.seen.get("//same")).toBe(4);
        expect(all.seen.get("h.example//same")).toBe(1);
        const later = await readOn(links, middle, limit);
        expect(later.seen.get("//same")).toBe(4);
        expect((await readOn(links, later.cursor, limit)).seen.size).toBe(0);
      }
    });

    test("a change is told to a reader who knows the answer came before", async () => {
      const { links } = current().store;
      const other = await current().another();
      let cursor = await now(other.links);
      for (let index = 0; index < 20; index++) {
        await links.insert(sample(`feed-${index}`));
        const { seen, cursor: after } = await readOn(other.links, cursor, 100);
        expect(seen.get(`//feed-${index}`)).toBe(1);
        cursor = after;
      }
    });

    test("what lost a conflict is no loss, and a cursor outlives a reopening", async () => {
      const { links } = current().store;
      const record = sample("kept");
      await links.insert(record);
      const cursor = await now(links);
      await links.replace(next(record, { title: "t" }));
      const store = await current().reopen();
      expect((await readOn(store.links, cursor, 10)).seen.get("//kept")).toBe(2);
    });

    test("a cursor that this feed did not give has expired", async () => {
      const { links } = current().store;
      await links.insert(sample("x"));
      for (const cursor of ["", "nonsense", "0", "-1", "1.2.3", "'; --", "9".repeat(300)]) {
        expect(await links.changes(cursor, 10)).toBe("expired");
      }
    });
  });
}
