import type { Draft } from "../../core/create.ts";
import { CurtError } from "../../core/errors.ts";
import type { LinkRecord } from "../../core/link.ts";
import type { InsertOutcome } from "../../core/store.ts";
import {
  type Destination,
  type DestinationParts,
  type ImportRow,
  type Outcome,
  refusalOf,
  seedOf,
  slugOf,
  tokenOf,
} from "./row.ts";

interface Pending {
  readonly at: number;
  readonly draft: Draft;
  readonly seed: string;
}

/** Brings rows straight into the store, which nobody else serves meanwhile. */
export class StoreDestination implements Destination {
  readonly #options: DestinationParts;

  constructor(options: DestinationParts) {
    this.#options = options;
  }

  async bring(rows: readonly ImportRow[]): Promise<Outcome[]> {
    const outcomes = new Array<Outcome | undefined>(rows.length);
    const made: LinkRecord[] = [];
    let pending: Pending[] = [];
    for (const [at, { input }] of rows.entries()) {
      const pended = this.#pend(at, input);
      if ("draft" in pended) pending.push(pended);
      else outcomes[at] = pended.refused;
    }
    for (let attempt = 0; pending.length > 0; attempt++) {
      const tries: (Pending & { record: LinkRecord })[] = [];
      for (const one of pending) {
        const slug = one.draft.slug ?? (await this.#propose(one, attempt));
        if (slug === undefined) outcomes[one.at] = { code: "slugs_exhausted", message: "Every slug tried is taken." };
        else tries.push({ ...one, record: { ...one.draft.record, slug } });
      }
      pending = [];
      if (tries.length === 0) break;
      const inserted = await this.#options.store.insertMany(tries.map((one) => one.record));
      const seen = new Set<string>();
      for (const [i, one] of tries.entries()) {
        const outcome = inserted[i];
        if (outcome === undefined) throw new CurtError("internal", "An insert had no outcome.");
        const again = seen.has(one.record.token);
        seen.add(one.record.token);
        const settled = await this.#settle(one, outcome, again);
        if (settled === "try another") pending.push(one);
        else outcomes[one.at] = settled;
        if (settled === "in") made.push(one.record);
      }
    }
    await this.#options.links.published(made);
    return outcomes.map((outcome) => outcome ?? { code: "internal", message: "No outcome." });
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  #pend(at: number, input: ImportRow["input"]): Pending | { refused: Outcome } {
    try {
      const { record, slug } = this.#options.links.draft(input);
      const seed = seedOf(record, slug, input);
      return { at, seed, draft: { slug, record: { ...record, token: input.token ?? tokenOf(seed) } } };
    } catch (error) {
      return { refused: refusalOf(error) };
    }
  }

  #propose({ draft, seed }: Pending, attempt: number): Promise<string | undefined> {
    const { byTarget, slugLength } = this.#options;
    return byTarget === undefined ? slugOf(seed, slugLength, attempt) : byTarget.propose(draft.record.url, attempt);
  }

  async #settle(
    { draft, record }: Pending & { record: LinkRecord },
    outcome: InsertOutcome,
    again: boolean,
  ): Promise<Outcome | "try another"> {
    const there = outcome.outcome === "inserted" ? outcome.record : outcome.by;
    if (outcome.outcome === "inserted" && there.deletedAt !== null) return deletedSince(record.slug);
    // The link of a repeated insert is as it was then, or as somebody changed it since.
    if (outcome.outcome === "inserted")
      return again || there.version > 1 || there.updatedAt !== record.updatedAt ? "there" : "in";
    if (there.deletedAt === null && there.url === record.url) return "there";
    if (draft.slug !== undefined) {
      const settled = await this.#options.links.settle(record, outcome, true);
      if (settled === "try another" || settled.outcome === "existing") return "there";
      return settled.outcome === "created" ? "in" : refusalOf(settled.error);
    }
    if (this.#options.byTarget !== undefined && there.url === record.url) return deletedSince(record.slug);
    return "try another";
  }
}

/** A link that was brought before and deleted by somebody stays so: a repeated import must not undo that. */
function deletedSince(slug: string): Outcome {
  return { code: "link_deleted", message: `/${slug} was brought in before and deleted since; it stays deleted.` };
}
