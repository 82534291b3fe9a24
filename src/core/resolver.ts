import type { Cache } from "./cache.ts";
import { keyOf, type LinkId, type LinkRecord } from "./link.ts";
import type { LinkArena } from "./link-arena.ts";
import { LinkMemory, type Resolved, resolvedOf } from "./link-memory.ts";
import { MemoryCache } from "./memory-cache.ts";
import type { Change, LinkStore } from "./store.ts";

/** How long what was heard of a change is held against what the shared cache says, in ms; and of how many links. */
const heardFor = 30_000;
const mostHeard = 100_000;
/** What was read from the store longer ago than this, in ms, is not put into the shared cache any more. */
const freshFor = 10_000;

/**
 * A link edited longer ago than this, in ms, was heard of by every process that can read the change feed. Far more than the
 * feed needs, since `updatedAt` is of another node's clock.
 */
const newsFor = 60_000;
const mostTold = 10_000;

/** Where the links were found that visitors asked for; `unknown` and `flight` are what memory knew without a link. */
export type LookupCounts = Record<"memory" | "unknown" | "filter" | "flight" | "cache" | "store", number>;

export interface ResolverOptions {
  readonly store: Pick<LinkStore, "find" | "findAtOnce">;
  readonly cache: Cache | undefined;
  readonly now: () => number;
  /** How many links (as objects), and how many unknown slugs, memory keeps at most. */
  readonly limit?: number;
  /** How many bytes the links take that it keeps besides; see `LinkArena` for the seed. */
  readonly arenaBytes?: number;
  readonly seed?: number;
  readonly unknownLimit?: number;
  /** How long an unknown slug is remembered, in ms (5,000). */
  readonly unknownFor?: number | undefined;
  /** How long the shared cache keeps a link, in ms. */
  readonly cacheFor?: number;
  /**
   * Returns when no process of this machine remembers an older version than these, or when that takes too long; does not
   * throw. Without it this process is the only one.
   */
  readonly tell?: ((news: readonly Change[]) => Promise<void>) | undefined;
  /** Whether no link can have a key of `keyOf` by now: 404 on authority. `false` where that is not sure. */
  readonly isAbsent?: ((key: string) => boolean) | undefined;
  /** Mutant: believes the shared cache whatever was heard. */
  readonly deaf?: boolean;
}

/**
 * Finds links for visitors: memory, then the shared cache, then the store, with one flight for each slug however many
 * wait. Errors are never remembered.
 */
export class Resolver {
  readonly #links: LinkMemory;
  /** Until when (ms) a slug counts as unknown. */
  readonly #unknown: MemoryCache<number>;
  readonly #flights = new Map<string, Promise<Resolved | undefined>>();
  /** The least version of a link that the shared cache is believed, the change heard of longest ago first. */
  readonly #heard = new Map<string, { readonly version: number; readonly until: number }>();
  /** The version of a link that all processes of this machine were told of. */
  readonly #told = new MemoryCache<number>(mostTold);
  /** Until when (ms) the shared cache is not asked, since more changed than can be remembered. */
  #uncachedUntil = 0;
  #doubting = false;
  readonly #options: ResolverOptions;
  /** Since the start, without what `hit` gave. `flight`: joined one that was under way. */
  readonly counts: LookupCounts = { memory: 0, unknown: 0, filter: 0, flight: 0, cache: 0, store: 0 };

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#links = new LinkMemory(options.limit ?? 20_000, options.arenaBytes ?? 0, options.seed ?? 0);
    this.#unknown = new MemoryCache(options.unknownLimit ?? 10_000);
  }

  /** The links at hand, for nearly every redirect; `undefined`: there is no memory for them. */
  get arena(): LinkArena | undefined {
    return this.#links.arena;
  }

  /** What memory knows under a key of `keyOf`. */
  hit(key: string): Resolved | undefined {
    return this.#links.get(key);
  }

  /** Who knows, without a look into the store, that there is no link under a key of `keyOf`; `undefined`: nobody. */
  absence(key: string): "unknown" | "filter" | undefined {
    if (!this.#doubting && this.#options.isAbsent?.(key) === true) return "filter";
    const until = this.#unknown.get(key);
    return until !== undefined && this.#options.now() < until ? "unknown" : undefined;
  }

  /**
   * Brings the link under a key without a host into memory, where that needs no waiting: the store is in this process, and
   * nobody has to be told before a visitor is. `false`: `find` it.
   */
  bring(slug: string): boolean {
    const { store, cache } = this.#options;
    if (store.findAtOnce === undefined || cache !== undefined || this.#flights.has(slug)) return false;
    let record: LinkRecord | undefined;
    try {
      record = store.findAtOnce({ host: "", slug });
    } catch {
      // Whoever asks by `find` hears of it.
      return false;
    }
    if (record === undefined || record.deletedAt !== null || this.#isNews(record, slug)) return false;
    this.counts.store++;
    this.#links.set(slug, resolvedOf(record));
    return true;
  }

  /** The link, or `undefined` where the store says that there is none. Throws what the store throws. */
  async find(id: LinkId): Promise<Resolved | undefined> {
    const key = keyOf(id);
    const hit = this.#links.get(key);
    if (hit !== undefined) {
      this.counts.memory++;
      return hit;
    }
    const absence = this.absence(key);
    if (absence !== undefined) {
      this.counts[absence]++;
      return undefined;
    }
    const flying = this.#flights.get(key);
    if (flying !== undefined) {
      this.counts.flight++;
      return flying;
    }
    const flight = this.#fly(id, key);
    this.#flights.set(key, flight);
    try {
      return await flight;
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  /**
   * Drops links that changed, unless what is there is as new as the change. Whoever asks from now on gets neither what a flight under way may bring, nor an older
   * version than the change from the shared cache.
   */
  forget(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      // The first version of a link takes the place of none.
      if (change.version > 1 && (this.#links.get(key)?.link.version ?? 0) < change.version) this.#links.delete(key);
      this.#unknown.delete(key);
      this.#flights.delete(key);
      if (this.#options.cache !== undefined && !this.#options.deaf) this.#hear(key, change.version);
    }
  }

  /** Drops everything: for when it is not known what changed. */
  forgetAll(): void {
    this.#links.clear();
    this.#unknown.clear();
    this.#flights.clear();
    this.#uncachedUntil = this.#options.now() + heardFor;
  }

  /** Damage is known: from now on only the store says what is absent. */
  doubt(): void {
    this.#doubting = true;
    this.forgetAll();
  }

  #hear(key: string, version: number): void {
    const now = this.#options.now();
    const heard = Math.max(version, this.#heard.get(key)?.version ?? 0);
    this.#heard.delete(key);
    this.#heard.set(key, { version: heard, until: now + heardFor });
    for (const [old, { until }] of this.#heard) {
      if (until > now) break;
      this.#heard.delete(old);
    }
    if (this.#heard.size <= mostHeard) return;
    this.#heard.clear();
    this.#uncachedUntil = now + heardFor;
  }

  async #fly(id: LinkId, key: string): Promise<Resolved | undefined> {
    // One turn later, so that `find` has put this flight where `forget` can take it away.
    await undefined;
    const mine = this.#flights.get(key);
    const record = await this.#fetch(id);
    if (record !== undefined) await this.#share(record, key);
    const found = record === undefined || record.deletedAt !== null ? undefined : resolvedOf(record);
    if (mine !== undefined && this.#flights.get(key) === mine) {
      if (found !== undefined) this.#links.set(key, found);
      else this.#unknown.set(key, this.#options.now() + (this.#options.unknownFor ?? 5_000));
    }
    return found;
  }

  /**
   * The first process to read an edit tells the others before a visitor hears of it, or the visitor might come to one of
   * them next and be led to what was before.
   */
  async #share(record: LinkRecord, key: string): Promise<void> {
    const { tell } = this.#options;
    if (tell === undefined || !this.#isNews(record, key)) return;
    await tell([record]);
    this.#told.set(key, record.version);
  }

  /** Whether others may not have heard of this version. */
  #isNews(record: LinkRecord, key: string): boolean {
    const { tell, now } = this.#options;
    if (tell === undefined || record.version === 1 || now() - record.updatedAt > newsFor) return false;
    return (this.#told.get(key) ?? 0) < record.version;
  }

  async #fetch(id: LinkId): Promise<LinkRecord | undefined> {
    const { cache, store, now } = this.#options;
    const asked = now();
    if (cache === undefined || asked < this.#uncachedUntil) {
      this.counts.store++;
      return store.find(id);
    }
    const cached = await cache.get(id);
    if (cached !== undefined && cached.version >= (this.#heard.get(keyOf(id))?.version ?? 0)) {
      this.counts.cache++;
      return cached;
    }
    this.counts.store++;
    const record = await store.find(id);
    const found = now();
    // Nobody waits for this; it does not throw.
    if (record !== undefined && found - asked < freshFor)
      void cache.putIfNewer(record, found + (this.#options.cacheFor ?? 3_600_000));
    return record;
  }
}
