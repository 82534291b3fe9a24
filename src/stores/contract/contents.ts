import { describe, expect, test } from "bun:test";
import { keyOf, type LinkRecord } from "../../core/link.ts";
import type { ContentPage, Contents, Document } from "../../core/store.ts";
import type { Current } from "../contract.ts";
import { awkwardSlugs, deleted, listAll, next, query, revived, sample, slugsOf } from "./samples.ts";

/** Follows the cursors to the end. Fails when they never end. */
async function all<T>(
  scan: (cursor: string | null, limit: number) => Promise<ContentPage<T>>,
  limit: number,
  between?: () => Promise<unknown>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 10_000; pages++) {
    const page: ContentPage<T> = await scan(cursor, limit);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
    await between?.();
  }
  throw new Error("The scan does not end.");
}

function byKey(records: readonly LinkRecord[]): Record<string, LinkRecord> {
  return Object.fromEntries(records.map((record) => [`/${keyOf(record)}`, record]));
}

async function scanned(contents: Contents, limit = 1000): Promise<Record<string, LinkRecord>> {
  const records = await all((cursor, size) => contents.scanLinks(cursor, size), limit);
  const found = byKey(records);
  expect(Object.keys(found)).toHaveLength(records.length);
  return found;
}

function documentOf(kind: string, id: string, change: Partial<Document> = {}): Document {
  return { kind, id, value: JSON.stringify({ kind, id }), version: 1, expiresAt: null, ...change };
}

export function describeContents(current: Current): void {
  describe("contents", () => {
    test("a scan gives every link and every mark once, whatever the page", async () => {
      const { links, contents } = current().store;
      expect(await scanned(contents)).toEqual({});
      const records = awkwardSlugs.map((slug) => sample(slug));
      const hosted = sample("a", { host: "h.example" });
      await links.insertMany([...records, hosted]);
      const [first, second, third] = records as [LinkRecord, LinkRecord, LinkRecord];
      const changed = [deleted(first), next(second, { title: "é", tags: ["t"] }), revived(deleted(third))];
      await links.replace(changed[0] as LinkRecord);
      await links.replace(changed[1] as LinkRecord);
      await links.replace(deleted(third));
      await links.replace(changed[2] as LinkRecord);
      const expected = byKey([...records, hosted, ...changed]);
      for (const limit of [1, 7, 1000]) expect(await scanned(contents, limit)).toEqual(expected);
      expect(await scanned((await current().reopen()).contents)).toEqual(expected);
    });

    test("a scan is complete while others write", async () => {
      const { links, contents } = current().store;
      const other = await current().another();
      const records = Array.from({ length: 60 }, (_, index) => sample(`scan-${index}`));
      await links.insertMany(records);
      let step = 0;
      const seen = await all(
        (cursor, limit) => contents.scanLinks(cursor, limit),
        7,
        async () => {
          // Deleted and revived: they move in the list.
          for (const record of [records[step], records[59 - step]] as LinkRecord[]) {
            if ((await other.links.find(record))?.version !== 1) continue;
            await other.links.replace(deleted(record));
            await other.links.replace(revived(deleted(record)));
          }
          if (step < 10) await other.links.insert(sample(`new-${step}`));
          step++;
        },
      );
      const slugs = new Set(slugsOf(seen));
      expect(records.filter((record) => !slugs.has(record.slug))).toEqual([]);
    });

    test("adopts records as they are, found and listed like made ones", async () => {
      const { links, contents } = current().store;
      const made = awkwardSlugs.map((slug) => sample(slug, { version: 7, updatedAt: 1_900_000_000_000 }));
      const mark = deleted(sample("gone", { version: 3 }));
      const tagged = sample("tagged", { version: 2, title: "red fish", tags: ["t"], host: "h.example" });
      const start = (await links.changes(null, 1)) as { cursor: string };
      for (let round = 0; round < 2; round++) {
        await contents.adoptLinks([...made, mark, tagged]);
        expect(await scanned(contents)).toEqual(byKey([...made, mark, tagged]));
        expect(await listAll(links, query({ order: "oldest" }))).toEqual([...made, tagged]);
      }
      const told = await links.changes(start.cursor, 1000);
      expect(told === "expired" ? [] : told.changes).toContainEqual({ host: "", slug: "gone", version: 4 });
      expect(await listAll(links, query({ search: "fis" }))).toEqual([tagged]);
      expect(await listAll(links, query({ tag: "t" }))).toEqual([tagged]);
      expect(await links.findByTarget("h.example", tagged.url, 5)).toEqual([tagged]);
      expect(await links.find(mark)).toEqual(mark);
      expect(await links.insert(sample("gone"))).toEqual({ outcome: "taken", by: mark });
      const back = revived(mark);
      expect(await links.replace(back)).toEqual({ outcome: "replaced", record: back });
      expect((await links.replace(next(tagged))).outcome).toBe("replaced");
      await contents.adoptLinks([]);
    });

    test("adopts over an older version only, and moves the index with it", async () => {
      const { links, contents } = current().store;
      const [a, b, c, d] = ["a", "b", "c", "d"].map((slug) => sample(slug, { title: "red", tags: ["t"] })) as [
        LinkRecord,
        LinkRecord,
        LinkRecord,
        LinkRecord,
      ];
      await contents.adoptLinks([a, b, c, d]);
      const edited = { ...a, version: 5, title: "blue", tags: [] };
      const gone = { ...b, version: 4, deletedAt: 2_000_000_000_000 };
      // Deleted and made again between two looks.
      const another = sample("c", { title: "green", version: 3 });
      const older = next(d, { title: "newer" });
      await links.replace(older);
      await contents.adoptLinks([edited, gone, another, d]);
      await contents.adoptLinks([{ ...older, title: "the same version stays" }]);
      const expected = [edited, older, another];
      expect(await listAll(links, query({ order: "oldest" }))).toEqual(expected);
      expect(slugsOf(await listAll(links, query({ search: "red" })))).toEqual([]);
      expect(slugsOf(await listAll(links, query({ search: "blue" })))).toEqual(["a"]);
      expect(slugsOf(await listAll(links, query({ tag: "t" })))).toEqual(["d"]);
      expect(await links.find(b)).toEqual(gone);
      const back = revived(gone, { version: 6 });
      await contents.adoptLinks([{ ...back, version: 9 }]);
      expect(slugsOf(await listAll(links, query()))).toEqual(["b", "c", "d", "a"]);
      await expect(
        contents.adoptLinks(Array.from({ length: 1001 }, (_, index) => sample(`x${index}`))),
      ).rejects.toThrow(RangeError);
    });

    test("two handles that adopt the same records share them", async () => {
      const other = await current().another();
      const records = Array.from({ length: 100 }, (_, index) => sample(`both-${index}`, { version: 2 }));
      const newer = records.map((record) => next(record, { title: "newer" }));
      await Promise.all([
        current().store.contents.adoptLinks(records),
        other.contents.adoptLinks(newer),
        other.contents.adoptLinks(records),
        current().store.contents.adoptLinks(newer),
      ]);
      expect(await scanned(other.contents)).toEqual(byKey(newer));
    });

    test("documents of all kinds are scanned and adopted, over whatever is there", async () => {
      const { registry, contents } = current().store;
      expect(await all((cursor, limit) => contents.scanDocuments(cursor, limit), 10)).toEqual([]);
      const future = Date.now() + 3_600_000;
      const documents = awkwardSlugs.flatMap((text) => [
        documentOf("kind", text, { version: 9 }),
        documentOf(text, "x", { expiresAt: future, value: JSON.stringify("\u0000\ud800'\\{\"é") }),
      ]);
      await registry.put(documentOf("kind", "a", { value: '"there"' }));
      await registry.put(documentOf("kind", "late", { expiresAt: Date.now() - 1000 }));
      for (let round = 0; round < 2; round++) await contents.adoptDocuments(documents);
      const key = ({ kind, id }: Document) => JSON.stringify([kind, id]);
      const sorted = (list: Document[]) => [...list].sort((one, other) => (key(one) < key(other) ? -1 : 1));
      for (const limit of [1, 7, 1000]) {
        const found = await all((cursor, size) => contents.scanDocuments(cursor, size), limit);
        expect(sorted(found)).toEqual(sorted(documents));
      }
      await contents.adoptDocuments([documentOf("kind", "a", { version: 3, value: '"older"' })]);
      const older = await (await current().another()).registry.get("kind", "a");
      expect(older).toEqual(documentOf("kind", "a", { version: 3, value: '"older"' }));
      expect(await registry.put(documentOf("kind", "a", { version: 4 }))).toEqual({ outcome: "stored" });
      await contents.adoptDocuments([]);
    });
  });
}
