import { describe, expect, test } from "bun:test";
import type { LinkRecord } from "../../core/link.ts";
import type { Current } from "../contract.ts";
import { awkwardSlugs, deleted, listAll, next, query, revived, sample, slugsOf } from "./samples.ts";

export function describeLinks(current: Current): void {
  describe("insert", () => {
    test("keeps every field, across a reopening", async () => {
      const full = sample("full", {
        url: "https://example.org/päth?q=1#f",
        title: "A title: \"quoted\" 'n' \\ \u0000 \ud83d\ude00 \ud800",
        tags: ["one", "Two words", "日本"],
        note: "line\nline",
        redirectStatus: 308,
        validFrom: 1,
        validUntil: 4_000_000_000_000,
        maxClicks: 1_000_000_000,
        usedClicks: 7,
        disabled: true,
        forwardQuery: true,
        updatedAt: 1_900_000_000_000,
      });
      const bare = sample("bare", { validFrom: 0, note: "", title: "" });
      for (const record of [full, bare]) {
        expect(await current().store.links.insert(record)).toEqual({ outcome: "inserted", record });
        expect(await current().store.links.find(record)).toEqual(record);
        const { links } = current().store;
        if (links.findAtOnce !== undefined) expect(links.findAtOnce(record)).toEqual(record);
      }
      const store = await current().reopen();
      expect(await store.links.find(full)).toEqual(full);
      expect(await store.links.find(bare)).toEqual(bare);
      expect(await store.links.find(sample("other"))).toBeUndefined();
    });

    test("of 50 concurrent inserts through two handles exactly one wins", async () => {
      const handles = [current().store, await current().another()];
      for (const slug of ["race", "race/2", "RACE"]) {
        const records = Array.from({ length: 50 }, (_, index) => sample(slug, { url: `https://example.org/${index}` }));
        const outcomes = await Promise.all(records.map((record, index) => handles[index % 2]?.links.insert(record)));
        const winners = outcomes.flatMap((outcome) => (outcome?.outcome === "inserted" ? [outcome.record] : []));
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) if (outcome?.outcome === "taken") expect([outcome.by]).toEqual(winners);
        for (const handle of handles) expect([await handle.links.find(sample(slug))]).toEqual(winners);
      }
    });

    test("repeated with the same token is inserted again, also after an edit", async () => {
      const { links } = current().store;
      const record = sample("again");
      await links.insert(record);
      expect(await links.insert(record)).toEqual({ outcome: "inserted", record });
      const edited = next(record, { title: "edited" });
      await links.replace(edited);
      expect(await links.insert(record)).toEqual({ outcome: "inserted", record: edited });
      expect(await links.find(record)).toEqual(edited);
      expect(await listAll(links, query())).toEqual([edited]);
      expect(await links.insert(sample("again"))).toEqual({ outcome: "taken", by: edited });
    });

    test("concurrent repeats of one insert are all inserted", async () => {
      const record = sample("twice");
      const other = await current().another();
      const outcomes = await Promise.all(
        [current().store, other, other, current().store].map((store) => store.links.insert(record)),
      );
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual(["inserted", "inserted", "inserted", "inserted"]);
      expect(await listAll(other.links, query())).toEqual([record]);
    });

    test("a deleted link's mark is taken", async () => {
      const { links } = current().store;
      const record = sample("gone");
      await links.insert(record);
      const mark = deleted(record);
      await links.replace(mark);
      expect(await links.insert(sample("gone"))).toEqual({ outcome: "taken", by: mark });
    });

    test("a record that is not new is refused", async () => {
      await expect(current().store.links.insert(sample("old", { version: 2 }))).rejects.toThrow(RangeError);
    });
  });

  describe("insertMany", () => {
    test("decides each by itself, with duplicates inside", async () => {
      const { links } = current().store;
      const there = sample("there");
      await links.insert(there);
      const a = sample("a");
      const records = [a, sample("there"), sample("b"), sample("a"), a, sample("c")];
      const outcomes = await links.insertMany(records);
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual([
        "inserted",
        "taken",
        "inserted",
        "taken",
        "inserted",
        "inserted",
      ]);
      expect(outcomes[1]).toEqual({ outcome: "taken", by: there });
      expect(outcomes[3]).toEqual({ outcome: "taken", by: a });
      expect(slugsOf(await listAll(links, query({ order: "oldest" })))).toEqual(["there", "a", "b", "c"]);
    });

    test("takes none and 1,000, and refuses more", async () => {
      const { links } = current().store;
      expect(await links.insertMany([])).toEqual([]);
      const records = Array.from({ length: 1000 }, (_, index) => sample(`many-${index}`));
      const outcomes = await links.insertMany(records);
      expect(outcomes.every((outcome) => outcome.outcome === "inserted")).toBe(true);
      expect(await links.find(sample("many-999"))).toEqual(records[999] as LinkRecord);
      await expect(links.insertMany([...records, sample("one-more")])).rejects.toThrow(RangeError);
    });

    test("two handles that insert the same slugs share them without loss", async () => {
      const other = await current().another();
      const batch = () => Array.from({ length: 100 }, (_, index) => sample(`both-${index}`));
      const outcomes = await Promise.all([current().store.links.insertMany(batch()), other.links.insertMany(batch())]);
      for (let index = 0; index < 100; index++) {
        expect(outcomes.map((list) => list[index]?.outcome).sort()).toEqual(["inserted", "taken"]);
      }
    });
  });

  describe("find", () => {
    test("awkward slugs are each their own", async () => {
      const { links } = current().store;
      for (const slug of awkwardSlugs) expect(await links.find({ host: "", slug })).toBeUndefined();
      const records = awkwardSlugs.map((slug, index) => sample(slug, { url: `https://example.org/${index}` }));
      const outcomes = await links.insertMany(records);
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual(records.map(() => "inserted"));
      for (const record of records) expect(await links.find(record)).toEqual(record);
      expect(await listAll(links, query({ order: "oldest", limit: 7 }))).toEqual(records);
      for (const record of records) expect((await links.replace(deleted(record))).outcome).toBe("replaced");
      expect(await listAll(links, query())).toEqual([]);
    });

    test("hosts are kept apart", async () => {
      const { links } = current().store;
      const records = ["", "a.example", "b.example", "a.example:8080"].map((host) =>
        sample("same", { host, url: `https://t.example/${host}` }),
      );
      for (const record of records) expect((await links.insert(record)).outcome).toBe("inserted");
      for (const record of records) expect(await links.find({ host: record.host, slug: "same" })).toEqual(record);
      const [first, second] = records as [LinkRecord, LinkRecord];
      await links.replace(deleted(second));
      expect(await links.find(first)).toEqual(first);
      expect(await listAll(links, query({ order: "oldest" }))).toEqual(records.filter((record) => record !== second));
    });
  });

  describe("replace", () => {
    test("edits the expected version and no other", async () => {
      const { links } = current().store;
      const record = sample("edit");
      expect(await links.replace(next(record))).toEqual({ outcome: "conflict", current: undefined });
      await links.insert(record);
      const second = next(record, { url: "https://example.org/new", title: "new", tags: ["t"] });
      expect(await links.replace(second)).toEqual({ outcome: "replaced", record: second });
      expect(await links.find(record)).toEqual(second);
      expect(await links.replace(next(record))).toEqual({ outcome: "conflict", current: second });
      expect(await links.replace(next(next(second)))).toEqual({ outcome: "conflict", current: second });
      expect(await links.replace(record)).toEqual({ outcome: "conflict", current: second });
      expect(await (await current().another()).links.find(record)).toEqual(second);
    });

    test("of 50 concurrent edits of one version exactly one wins", async () => {
      const handles = [current().store, await current().another()];
      const record = sample("edits");
      await current().store.links.insert(record);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          handles[index % 2]?.links.replace(next(record, { title: `${index}` })),
        ),
      );
      const winners = outcomes.flatMap((outcome) => (outcome?.outcome === "replaced" ? [outcome.record] : []));
      expect(winners).toHaveLength(1);
      for (const handle of handles) expect([await handle.links.find(record)]).toEqual(winners);
    });

    test("a deleted link stays as a mark, and its revival is the newest of the list", async () => {
      const { links } = current().store;
      const [a, b, c] = [sample("a"), sample("b", { tags: ["t"] }), sample("c")];
      await links.insertMany([a, b, c]);
      const mark = deleted(b);
      expect(await links.replace(mark)).toEqual({ outcome: "replaced", record: mark });
      expect(await links.find(b)).toEqual(mark);
      expect(await listAll(links, query())).toEqual([c, a]);
      expect(await listAll(links, query({ tag: "t" }))).toEqual([]);
      expect(await listAll(links, query({ search: "b" }))).toEqual([]);
      expect(await links.findByTarget("", b.url, 10)).toEqual([]);

      const again = revived(mark, { title: "back" });
      expect(await links.replace(again)).toEqual({ outcome: "replaced", record: again });
      expect(again.version).toBe(3);
      expect(await links.find(b)).toEqual(again);
      expect(await listAll(links, query())).toEqual([again, c, a]);
      expect(await listAll(links, query({ search: "back" }))).toEqual([again]);
      expect(await links.replace(revived(mark))).toEqual({ outcome: "conflict", current: again });
      expect(await links.replace(deleted(again))).toMatchObject({ outcome: "replaced", record: { version: 4 } });
      const store = await current().reopen();
      expect(await listAll(store.links, query())).toEqual([c, a]);
    });

    test("insert, edits, deletion and revival asked for at once come out as in a row", async () => {
      const { links } = current().store;
      const one = sample("chain", { title: "eins" });
      const two = next(one, { title: "zwei" });
      const three = deleted(two);
      const four = revived(three, { title: "vier" });
      const five = next(four, { title: "fuenf" });
      await links.insert(one);
      for (const record of [two, three, four, five]) expect((await links.replace(record)).outcome).toBe("replaced");
      expect(await links.find(one)).toEqual(five);
      for (const search of ["eins", "zwei", "vier"]) expect(await listAll(links, query({ search }))).toEqual([]);
      expect(await listAll(links, query({ search: "fuenf" }))).toEqual([five]);
    });
  });
}
