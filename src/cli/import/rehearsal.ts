import {
  type Destination,
  type DestinationParts,
  type ImportRow,
  type Outcome,
  refusalOf,
  seedOf,
  slugOf,
} from "./row.ts";

/** Says what an import would do, and writes nothing. Rows of one file that want the same slug are not seen. */
export class Rehearsal implements Destination {
  readonly #options: DestinationParts;

  constructor(options: DestinationParts) {
    this.#options = options;
  }

  bring(rows: readonly ImportRow[]): Promise<Outcome[]> {
    return Promise.all(rows.map((row) => this.#judge(row.input)));
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  async #judge(input: ImportRow["input"]): Promise<Outcome> {
    const { links, store, byTarget, slugLength } = this.#options;
    try {
      const { record, slug } = links.draft(input);
      const seed = seedOf(record, slug, input);
      for (let attempt = 0; ; attempt++) {
        const made = byTarget?.propose(record.url, attempt) ?? slugOf(seed, slugLength, attempt);
        const tried = slug ?? (await made);
        if (tried === undefined) return { code: "slugs_exhausted", message: "Every slug tried is taken." };
        const there = await store.find({ host: "", slug: tried });
        if (there === undefined || (slug !== undefined && there.deletedAt !== null)) return "in";
        if (there.url === record.url && there.deletedAt === null) return "there";
        if (slug !== undefined) return { code: "slug_taken", message: `/${slug} is taken.` };
      }
    } catch (error) {
      return refusalOf(error);
    }
  }
}
