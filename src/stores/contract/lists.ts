import { describe, expect, test } from "bun:test";
import { CurtError } from "../../core/errors.ts";
import type { LinkRecord, LinkState } from "../../core/link.ts";
import type { Current } from "../contract.ts";
import { deleted, listAll, next, query, sample, slugsOf } from "./samples.ts";

export function describeLists(current: Current): void {
  describe("list", () => {
    test("pages in both orders, with every limit", async () => {
      const { links } = current().store;
      expect(await links.list(query())).toEqual({ records: [], next: null });
      const records = Array.from({ length: 25 }, (_, index) => sample(`p${index}`));
      for (const record of records) await links.insert(record);
      for (const limit of [1, 2, 5, 24, 25, 26, 1000]) {
        expect(await listAll(links, query({ order: "oldest", limit }))).toEqual(records);
        expect(await listAll(links, query({ order: "newest", limit }))).toEqual(records.toReversed());
      }
      const other = await current().another();
      expect(await listAll(other.links, query({ limit: 3 }))).toEqual(records.toReversed());
    });

    for (const [order, search] of [
      ["newest", ""],
      ["oldest", ""],
      ["newest", "steady"],
      ["oldest", "steady"],
    ] as const) {
      test(`${order} first${search && ", searched,"} is complete and has nothing twice while others write`, async () => {
        const { links } = current().store;
        const other = await current().another();
        const kept = Array.from({ length: 60 }, (_, index) => sample(`kept-${index}`, { title: "steady" }));
        const doomed = Array.from({ length: 20 }, (_, index) => sample(`doomed-${index}`, { title: "steady" }));
        const mixed = kept.flatMap((record, index) =>
          index % 3 === 0 ? [record, ...doomed.slice(index / 3, index / 3 + 1)] : [record],
        );
        await links.insertMany(mixed);
        const latest = [...kept];
        let turn = 0;
        const write = async () => {
          // New links stand at the end of the oldest first: if they never stopped, the list would not end.
          if (turn >= 40) return;
          turn++;
          await other.links.insert(sample(`new-${turn}`, { title: "steady" }));
          const index = (turn * 7) % latest.length;
          const edited = next(latest[index] as LinkRecord, { note: `${turn}` });
          latest[index] = edited;
          expect((await other.links.replace(edited)).outcome).toBe("replaced");
          const victim = doomed[turn];
          if (victim !== undefined) await other.links.replace(deleted(victim));
        };
        const slugs = slugsOf(await listAll(links, query({ order, limit: 4, search }), write));
        expect(new Set(slugs).size).toBe(slugs.length);
        for (const record of kept) expect(slugs).toContain(record.slug);
        expect(turn).toBeGreaterThan(15);
      });
    }

    test("a cursor that no list gave is invalid input", async () => {
      for (const cursor of ["", "x", "-1", "1; DROP TABLE links", "9".repeat(400), "\u0000"]) {
        await expect(current().store.links.list(query({ cursor }))).rejects.toBeInstanceOf(CurtError);
      }
    });

    test("finds by the beginnings of words, all of them", async () => {
      const { links } = current().store;
      const one = sample("Blue-Whale", {
        url: "https://www.example.org/sea/%C3%9Cbersicht?page=2",
        title: "The biggest animal",
      });
      const two = sample("red", {
        url: "https://example.net/animals",
        title: "AND or NOT near*",
        tags: ["whale watching"],
      });
      const three = sample("日本語", { url: "http://xn--bcher-kva.example/", title: "Straße ﬁne ＷＩＤＥ" });
      await links.insertMany([one, two, three]);
      const found = async (search: string) => slugsOf(await listAll(links, query({ search, order: "oldest" })));
      expect(await found("whale")).toEqual(["Blue-Whale", "red"]);
      expect(await found("WHA anim")).toEqual(["Blue-Whale", "red"]);
      expect(await found("blue")).toEqual(["Blue-Whale"]);
      expect(await found("lue")).toEqual([]);
      expect(await found("whale nothing")).toEqual([]);
      expect(await found("übersicht")).toEqual(["Blue-Whale"]);
      expect(await found("u\u0308bers")).toEqual(["Blue-Whale"]);
      expect(await found("and")).toEqual(["red"]);
      expect(await found("AND OR")).toEqual(["red"]);
      expect(await found("NOT")).toEqual(["red"]);
      expect(await found("NEAR(whale, 2)")).toEqual([]);
      expect(await found("near*")).toEqual(["red"]);
      expect(await found("-")).toEqual(["Blue-Whale", "red", "日本語"]);
      expect(await found('"')).toEqual(["Blue-Whale", "red", "日本語"]);
      expect(await found("日本")).toEqual(["日本語"]);
      expect(await found("fine wide")).toEqual(["日本語"]);
      expect(await found("www")).toEqual([]);
      expect(await found("example the red blue big wha")).toEqual([]);
      expect(await found("example the sea blue big wha")).toEqual(["Blue-Whale"]);
    });

    test("a long word is found by its beginning and by the whole", async () => {
      const { links } = current().store;
      for (const long of ["z".repeat(200), "𝒳日".repeat(60), `a${"𐐷".repeat(60)}`]) {
        const record = sample(`long-${long.length}`, { title: long });
        await links.insert(record);
        expect(await listAll(links, query({ search: long }))).toEqual([record]);
        expect(await listAll(links, query({ search: long.slice(0, 5) }))).toEqual([record]);
      }
    });

    test("an edit changes what a link is found by", async () => {
      const { links } = current().store;
      const record = sample("words", { title: "alpha beta", tags: ["old"] });
      await links.insert(record);
      const edited = next(record, { title: "beta gamma", tags: ["new"], url: "https://elsewhere.example/" });
      await links.replace(edited);
      expect(await listAll(links, query({ search: "alpha" }))).toEqual([]);
      expect(await listAll(links, query({ search: "beta" }))).toEqual([edited]);
      expect(await listAll(links, query({ search: "gamma elsewhere" }))).toEqual([edited]);
      expect(await listAll(links, query({ tag: "old" }))).toEqual([]);
      expect(await listAll(links, query({ tag: "new" }))).toEqual([edited]);
      expect(await links.findByTarget("", record.url, 10)).toEqual([]);
      expect(await links.findByTarget("", edited.url, 10)).toEqual([edited]);
    });

    test("tags match exactly", async () => {
      const { links } = current().store;
      const tags = ["a", "A", "ab", "a b", "é", "e\u0301", "__proto__", "OR", '"', "*"];
      for (const [index, tag] of tags.entries()) await links.insert(sample(`tag-${index}`, { tags: [tag, "all"] }));
      for (const [index, tag] of tags.entries())
        expect(slugsOf(await listAll(links, query({ tag })))).toEqual([`tag-${index}`]);
      expect(await listAll(links, query({ tag: "all", limit: 3 }))).toHaveLength(tags.length);
      expect(slugsOf(await listAll(links, query({ tag: "all", search: "ab" })))).toEqual(["tag-2"]);
      expect(await listAll(links, query({ tag: "b" }))).toEqual([]);
    });

    test("state is judged by the time that is asked for", async () => {
      const { links } = current().store;
      await links.insertMany([
        sample("plain"),
        sample("window", { validFrom: 1000, validUntil: 2000 }),
        sample("off", { disabled: true, validUntil: 1500 }),
        sample("used", { maxClicks: 3, usedClicks: 3, validUntil: 1500 }),
        sample("unlimited", { usedClicks: 3, validFrom: 3000 }),
      ]);
      const found = async (state: LinkState, now: number) =>
        slugsOf(await listAll(links, query({ state, now, order: "oldest", limit: 1 })));
      expect(await found("active", 999)).toEqual(["plain"]);
      expect(await found("scheduled", 999)).toEqual(["window", "unlimited"]);
      expect(await found("exhausted", 999)).toEqual(["used"]);
      expect(await found("exhausted", 1500)).toEqual([]);
      expect(await found("active", 1000)).toEqual(["plain", "window"]);
      expect(await found("active", 1999)).toEqual(["plain", "window"]);
      expect(await found("expired", 2000)).toEqual(["window", "used"]);
      expect(await found("disabled", 2000)).toEqual(["off"]);
    });
  });

  describe("findByTarget", () => {
    test("finds links of the host with exactly this target, oldest first", async () => {
      const { links } = current().store;
      const url = "https://example.org/Target?a=1";
      const records = Array.from({ length: 5 }, (_, index) => sample(`t${index}`, { url }));
      await links.insertMany(records);
      await links.insert(sample("t0", { host: "other.example", url }));
      await links.insert(sample("close", { url: `${url}0` }));
      await links.insert(sample("case", { url: url.toLowerCase() }));
      expect(await links.findByTarget("", url, 100)).toEqual(records);
      expect(await links.findByTarget("", url, 2)).toEqual(records.slice(0, 2));
      expect(slugsOf(await links.findByTarget("other.example", url, 10))).toEqual(["t0"]);
      expect(await links.findByTarget("third.example", url, 10)).toEqual([]);
      const [first, second] = records as [LinkRecord, LinkRecord];
      await links.replace(deleted(first));
      await links.replace(next(second, { disabled: true }));
      expect(slugsOf(await links.findByTarget("", url, 1))).toEqual(["t1"]);
    });
  });
}
