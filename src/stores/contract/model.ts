import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LinkRecord } from "../../core/link.ts";
import { keyOf } from "../../core/link.ts";
import type { Store } from "../../core/store.ts";
import { wordsOf } from "../../core/words.ts";
import type { Current } from "../contract.ts";
import { deleted, listAll, next, query, revived, sample } from "./samples.ts";

type Step =
  | { readonly do: "insert"; readonly slug: string; readonly title: string; readonly tag: string }
  | { readonly do: "edit" | "stale" | "delete"; readonly slug: string; readonly title: string; readonly tag: string };

const slugs = ["a", "A", "b", "__proto__", "%"];
const texts = ["red fish", "blue fish", "", "AND", "été"];

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("insert", "edit", "stale", "delete"),
  slug: fc.constantFrom(...slugs),
  title: fc.constantFrom(...texts),
  tag: fc.constantFrom("t", "T", "__proto__"),
});

/** What a store must do, in a map whose order is the order of creation. */
class Model {
  readonly records = new Map<string, LinkRecord>();

  async apply(store: Store, prefix: string, { do: action, slug: name, title, tag }: Step): Promise<void> {
    const slug = prefix + name;
    const there = this.records.get(slug);
    if (action === "insert" && there?.deletedAt !== null && there !== undefined) {
      const record = revived(there, { title, tags: [tag] });
      expect(await store.links.replace(record)).toEqual({ outcome: "replaced", record });
      this.records.delete(slug);
      this.records.set(slug, record);
    } else if (action === "insert") {
      const record = sample(slug, { title, tags: [tag] });
      expect(await store.links.insert(record)).toEqual(
        there ? { outcome: "taken", by: there } : { outcome: "inserted", record },
      );
      if (there === undefined) this.records.set(slug, record);
    } else if (there === undefined || action === "stale") {
      const record = { ...(there ?? sample(slug)), version: (there?.version ?? 1) + 2 };
      expect(await store.links.replace(record)).toEqual({ outcome: "conflict", current: there });
    } else if (there.deletedAt === null) {
      const record = action === "delete" ? deleted(there) : next(there, { title, tags: [tag] });
      expect(await store.links.replace(record)).toEqual({ outcome: "replaced", record });
      this.records.set(slug, record);
    }
  }

  list(keep: (record: LinkRecord) => boolean): LinkRecord[] {
    return [...this.records.values()].filter((record) => record.deletedAt === null && keep(record));
  }
}

export function describeModel(current: Current): void {
  test("does what a map would do", async () => {
    let run = 0;
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      // Each run has slugs of its own: the store lives for the whole test.
      const prefix = `run${++run}x`;
      const model = new Model();
      const handles = [current().store, other];
      for (const [index, each] of steps.entries()) await model.apply(handles[index % 2] as Store, prefix, each);
      const mine = (record: LinkRecord) => keyOf(record).startsWith(prefix);
      const all = (change: Parameters<typeof query>[0]) =>
        listAll(other.links, query({ order: "oldest", limit: 3, ...change })).then((records) => records.filter(mine));
      for (const slug of slugs) {
        const record = await other.links.find({ host: "", slug: prefix + slug });
        expect(record).toEqual(model.records.get(prefix + slug) as LinkRecord);
      }
      expect(await all({ search: prefix })).toEqual(model.list(() => true));
      expect(await all({ search: prefix, order: "newest" })).toEqual(model.list(() => true).reverse());
      for (const word of ["fish", "an", "e\u0301t"]) {
        const begins = (record: LinkRecord) => wordsOf(record).some((own) => own.startsWith(word.normalize("NFKC")));
        expect(await all({ search: `${prefix} ${word}` })).toEqual(model.list(begins));
      }
      expect(await all({ search: prefix, tag: "T" })).toEqual(model.list((record) => record.tags.includes("T")));
    });
    const other = await current().another();
    await fc.assert(property, { numRuns: 40, verbose: 1 });
  }, 60_000);
}
