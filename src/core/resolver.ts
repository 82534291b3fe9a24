import type { Cache } from "./cache.ts";
import { keyOf, type LinkId, type LinkRecord } from "./link.ts";
import { MemoryCache } from "./memory-cache.ts";
import type { LinkStore } from "./store.ts";

/** What memory keeps of a link. */
export interface Resolved {
  readonly link: LinkRecord;
  /** A place for the answer that the visitors' server made from this link. */
  answer: unknown;
}

export interface ResolverOptions {
  readonly store: Pick<LinkStore, "find">;
  readonly cache: Cache | undefined;
  readonly now: () => number;
  /** How many links, and how many unknown slugs, memory keeps at most. */
  readonly limit?: number;
  readonly unknownLimit?: number;
  /** How long an unknown slug is remembered, in ms. */
  readonly unknownFor?: number;
  /** How long the shared cache keeps a link, in ms. */
  readonly cacheFor?: number;
}

/**
 * Finds links for visitors: memory, then the shared cache, then the store, with one flight for each slug however many
 * wait. Errors are never remembered.
 */
export class Resolver {
  readonly #links: MemoryCache<Resolved>;
  /** Until when (ms) a slug counts as unknown. */
  readonly #unknown: MemoryCache<number>;
  readonly #flights = new Map<string, Promise<Resolved | undefined>>();
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#links = new MemoryCache(options.limit ?? 100_000);
    this.#unknown = new MemoryCache(options.unknownLimit ?? 10_000);
  }

  /** What memory knows under a key of `keyOf`; the way of nearly every redirect. */
  hit(key: string): Resolved | undefined {
    return this.#links.get(key);
  }

  /** The link, or `undefined` where the store says that there is none. Throws what the store throws. */
  async find(id: LinkId): Promise<Resolved | undefined> {
    const key = keyOf(id);
    const hit = this.#links.get(key);
    if (hit !== undefined) return hit;
    const unknownUntil = this.#unknown.get(key);
    if (unknownUntil !== undefined && this.#options.now() < unknownUntil) return undefined;
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    const flight = this.#fly(id, key);
    this.#flights.set(key, flight);
    try {
      return await flight;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  /** Drops links that changed. Whoever asks from now on does not get what a flight under way may bring. */
  forget(ids: readonly LinkId[]): void {
    for (const id of ids) {
      const key = keyOf(id);
      this.#links.delete(key);
      this.#unknown.delete(key);
      this.#flights.delete(key);
    }
  }

  /** Drops everything: for when it is not known what changed. */
  forgetAll(): void {
    this.#links.clear();
    this.#unknown.clear();
    this.#flights.clear();
  }

  async #fly(id: LinkId, key: string): Promise<Resolved | undefined> {
    // One turn later, so that `find` has put this flight where `forget` can take it away.
    await undefined;
    const mine = this.#flights.get(key);
    const record = await this.#fetch(id);
    const found = record === undefined || record.deletedAt !== null ? undefined : { link: record, answer: undefined };
    if (mine !== undefined && this.#flights.get(key) === mine) {
      if (found !== undefined) this.#links.set(key, found);
      else this.#unknown.set(key, this.#options.now() + (this.#options.unknownFor ?? 5_000));
    }
    return found;
  }

  async #fetch(id: LinkId): Promise<LinkRecord | undefined> {
    const { cache, store, now } = this.#options;
    if (cache === undefined) return store.find(id);
    const cached = await cache.get(id);
    if (cached !== undefined) return cached;
    const record = await store.find(id);
    if (record !== undefined) await cache.putIfNewer(record, now() + (this.#options.cacheFor ?? 3_600_000));
    return record;
  }
}
