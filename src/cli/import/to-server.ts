import type { BatchLine, BatchResult, CurtApi } from "../../client/client.ts";
import type { Imported } from "../../core/create.ts";
import type { LinkInput } from "../../core/links.ts";
import { CommandFailed } from "../shell.ts";
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
  readonly input: LinkInput & Imported;
  /** In WHATWG serialisation. */
  readonly url: string;
  readonly seed: string;
  readonly token: string;
}

/** Brings rows through the server that holds the store. */
export class ServerDestination implements Destination {
  readonly #options: DestinationParts;
  readonly #client: CurtApi;

  /** The store is only read. */
  constructor(options: DestinationParts, client: CurtApi) {
    this.#options = options;
    this.#client = client;
  }

  async bring(rows: readonly ImportRow[]): Promise<Outcome[]> {
    const outcomes = new Array<Outcome | undefined>(rows.length);
    let pending: Pending[] = [];
    for (const [at, { input }] of rows.entries()) {
      try {
        const { record, slug } = this.#options.links.draft(input);
        const seed = seedOf(record, slug, input);
        pending.push({ at, input, url: record.url, seed, token: input.token ?? tokenOf(seed) });
      } catch (error) {
        outcomes[at] = refusalOf(error);
      }
    }
    const seen = new Set<string>();
    for (let attempt = 0; pending.length > 0; attempt++) {
      const slugs = await Promise.all(pending.map((one) => this.#slug(one, attempt)));
      const sentAt = Date.now();
      const lines = pending.map((one, i) => lineOf(one, slugs[i]));
      const results = await Array.fromAsync(this.#client.links.batch(lines));
      const next: Pending[] = [];
      for (const [i, one] of pending.entries()) {
        const settled = await this.#settle(one, slugs[i], results[i], sentAt, seen.has(one.token));
        if (settled === "try another") next.push(one);
        else outcomes[one.at] = settled;
        seen.add(one.token);
      }
      pending = next;
    }
    return outcomes.map((outcome) => outcome ?? { code: "internal", message: "No outcome." });
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  async #slug({ input, seed }: Pending, attempt: number): Promise<string | undefined> {
    if (input.slug !== undefined || this.#options.byTarget !== undefined) return input.slug;
    return slugOf(seed, this.#options.slugLength, attempt);
  }

  async #settle(
    { input, url }: Pending,
    slug: string | undefined,
    result: BatchResult | undefined,
    sentAt: number,
    again: boolean,
  ): Promise<Outcome | "try another"> {
    if (result === undefined)
      throw new CommandFailed("The server broke off its answer. Run the import again: it goes on where it was.");
    if (result.link !== undefined) {
      const { updatedAt, version } = result.link;
      const before = result.status === 200 || version > 1 || Date.parse(updatedAt) < sentAt;
      return again || before ? "there" : "in";
    }
    const { code, detail } = result.error ?? { code: "internal", detail: `Status ${result.status}.` };
    if (code === "store_unavailable" || code === "internal") throw new CommandFailed(`${code}: ${detail}`, code);
    if (code !== "slug_taken" || slug === undefined) return { code, message: detail };
    const there = await this.#options.store.find({ host: "", slug: slug.normalize("NFC") });
    if (there?.url === url && there.deletedAt === null) return "there";
    return input.slug === undefined ? "try another" : { code, message: detail };
  }
}

function lineOf({ input, token }: Pending, slug: string | undefined): BatchLine {
  const { validFrom, validUntil, createdAt, ...rest } = input;
  return { ...rest, slug, token, validFrom: time(validFrom), validUntil: time(validUntil), createdAt: time(createdAt) };
}

function time(ms: number | null | undefined): string | null | undefined {
  return typeof ms === "number" ? new Date(ms).toISOString() : ms;
}
