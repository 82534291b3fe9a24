import { type ClickStore, clickIdOf } from "./click.ts";
import { type LinkState, linkStates, stateOf } from "./link.ts";
import type { Contents, Registry } from "./store.ts";

/** How many links there are, by state, as they were counted. Times in ms. */
export interface Counted {
  readonly total: number;
  readonly states: Readonly<Record<LinkState, number>>;
  /** The most used ones, with the redirects answered, bots included; those without any are none. Older counts have no such list. */
  readonly top?: readonly { readonly slug: string; readonly clicks: number }[];
  /** When the count was finished. */
  readonly at: number;
  readonly took: number;
}

export interface CensusOptions {
  readonly contents: Pick<Contents, "scanLinks">;
  readonly registry: Registry;
  readonly clicks: Pick<ClickStore, "clicksOf">;
  /** In ms. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

const kind = "census";
const resultId = "result";
const turnId = "turn";
const page = 1000;
/** Links of the list of the most used. */
const most = 10;
/** A count is made again when it is older than this, in ms, and than so many times what it took: at most 1/20 of the time. */
const leastAge = 1_000;
const restFactor = 20;
/** How long somebody who asks waits for a new count, in ms; then an older one is the answer. */
const patience = 400;
/** A count that is not heard of for so long, in ms, was cut off, and another process may begin. */
const turnFor = 60_000;
const renewEvery = 20_000;

/**
 * Counts all links by reading them, one process at a time and at half speed, when somebody asks and the last count is old.
 * Small stores are counted while the asker waits; of a large one the answer is what was counted last, and when.
 */
export class Census {
  readonly #options: CensusOptions;
  #running: Promise<void> | undefined;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** The newest count there is; `undefined` while the first one is under way. Throws what the store throws. */
  async latest(): Promise<Counted | undefined> {
    const { now, pause } = this.#options;
    const last = await this.#last();
    if (last !== undefined && now() - last.at < Math.max(leastAge, last.took * restFactor)) return last;
    this.#running ??= this.#count()
      // A frozen or silent store: what was counted before is the answer.
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined;
      });
    await Promise.race([this.#running, pause(patience)]);
    return this.#last();
  }

  async #last(): Promise<Counted | undefined> {
    const document = await this.#options.registry.get(kind, resultId);
    return document && (JSON.parse(document.value) as Counted);
  }

  async #count(): Promise<void> {
    const { contents, registry, clicks, now, pause } = this.#options;
    const turn = { kind, id: turnId, value: "1", version: 1, expiresAt: now() + turnFor };
    if ((await registry.put(turn)).outcome === "conflict") return;
    try {
      const began = now();
      const states = Object.fromEntries(linkStates.map((state) => [state, 0])) as Record<LinkState, number>;
      let total = 0;
      let top: { slug: string; clicks: number }[] | undefined = [];
      let renewed = began;
      let version = turn.version;
      for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
        const before = now();
        const found: Awaited<ReturnType<typeof contents.scanLinks>> = await contents.scanLinks(cursor, page);
        const there = found.items.filter((link) => link.deletedAt === null);
        // Without clicks, links can be counted all the same; half a list of the most used would be a wrong one.
        const counts: readonly number[] | undefined =
          there.length === 0 || top === undefined
            ? []
            : await clicks.clicksOf(there.map(clickIdOf)).catch(() => undefined);
        const used = there.map(({ slug }, at) => ({ slug, clicks: counts?.[at] ?? 0 })).filter((one) => one.clicks > 0);
        top = counts && top && [...top, ...used].sort((a, b) => b.clicks - a.clicks).slice(0, most);
        for (const link of there) {
          states[stateOf(link, began)]++;
          total++;
        }
        cursor = found.next;
        // Whoever is answered here meanwhile has as much of the processor as this.
        if (cursor !== null) await pause(Math.min(1000, now() - before));
        if (now() - renewed < renewEvery) continue;
        renewed = now();
        await registry.put({ ...turn, version: ++version, expiresAt: renewed + turnFor });
      }
      const at = now();
      const value = JSON.stringify({ total, states, ...(top && { top }), at, took: at - began } satisfies Counted);
      const document = await registry.get(kind, resultId);
      await registry.put({ kind, id: resultId, value, version: (document?.version ?? 0) + 1, expiresAt: null });
    } finally {
      await registry.remove(kind, turnId);
    }
  }
}
