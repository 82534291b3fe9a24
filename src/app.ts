import type { ServerReport, SharedCache, SharedCacheOptions } from "./caches/shared.ts";
import type { Config } from "./config.ts";
import { type Accounts, openAccounts } from "./core/accounts.ts";
import { Census } from "./core/census.ts";
import { counterSlugs } from "./core/counter.ts";
import { honouringFreeze } from "./core/freeze.ts";
import { History } from "./core/history.ts";
import { Keys } from "./core/keys.ts";
import { Limiter } from "./core/limiter.ts";
import { Links } from "./core/links.ts";
import { Resolver } from "./core/resolver.ts";
import { hashSlugs, randomSlugs, type SlugMaker } from "./core/slugs.ts";
import { type Change, type Registry, type Store, StoreUnavailable } from "./core/store.ts";
import { ownAddress } from "./core/target.ts";
import { type StoreReport, timedStore } from "./core/timed-store.ts";
import { UsedUp } from "./core/used-up.ts";
import { counterHash, leasedIds } from "./processes/counter-ids.ts";
import { LocalCommitter } from "./stores/sql/committer.ts";
import type { Committer } from "./stores/sql/operation.ts";
import { KnownSlugs } from "./stores/sql/slugs/known-slugs.ts";
import { openSqliteStore } from "./stores/sql/store.ts";

/** How many bytes the workers of a machine together keep links in: about a million. */
const linkBytes = 152e6;

/** All that answers requests or carries out commands, built from the settings. */
export interface App {
  /** Refuses writes while the store is frozen (`read_only`). */
  readonly store: Store;
  readonly links: Links;
  readonly resolver: Resolver;
  readonly limiter: Limiter;
  /** Its counters are for the metrics. */
  readonly cache: SharedCache | undefined;
  readonly keys: Keys;
  /** How many links there are. */
  readonly census: Census;
  /** What links were before. */
  readonly history: History;
  /** People who sign in to the dashboard. */
  readonly accounts: Accounts;
  /** Slugs of the strategy that the settings name. */
  readonly slugs: SlugMaker;
  /** Slugs of strategy `hash`. */
  readonly hash: SlugMaker;
  /** Damage is known: from now on nothing is said to be absent. */
  degrade(why: string): void;
  /** Closes the store, and leaves the committer to its owner. */
  close(): Promise<void>;
}

export interface AppParts {
  /** Takes the writes of the embedded store: the process's own one, or the line to main. Other stores need none. */
  readonly committer: Committer | undefined;
  /** See `LinksOptions`. */
  readonly announce: (changes: readonly Change[]) => Promise<void>;
  /** See `ResolverOptions`. */
  readonly tell?: (news: readonly Change[]) => Promise<void>;
  /** For a process that answers visitors: it uses the shared cache, and hears when a server of it comes or goes. */
  readonly cacheReport?: (server: ServerReport) => void;
  /** Hears how long the store takes. */
  readonly storeReport?: StoreReport;
  /** It hears of every read of a link, and not of one in some. */
  readonly reportsEvery?: boolean;
}

/**
 * Opens the one writer of the embedded store; the caller holds `lockData`. Throws `StoreDamaged` naming the damage.
 * `undefined`: the store is another one, to which every process writes for itself.
 */
export function openCommitter(config: Config): LocalCommitter | undefined {
  if (config.store.kind !== "sqlite") return undefined;
  return LocalCommitter.open(config.storePath, {
    trustFile: config.mutants.includes("no-mark"),
    unsynced: config.mutants.includes("synchronous-normal"),
  });
}

export interface OpenedStore {
  readonly store: Store;
  degrade(why: string): void;
}

/**
 * Opens the store that the settings name, with nothing in front of it: for moving it. Others use `openApp`. The code of
 * the others is not loaded: Cassandra's driver alone would take longer than all the rest of a start.
 */
export async function openStore(config: Config, committer: Committer | undefined): Promise<OpenedStore> {
  if (config.store.kind === "postgres") {
    const mutants = config.mutants.includes("synchronous-normal") ? (["unsynced"] as const) : [];
    const { openPostgresStore } = await import("./stores/postgres/store.ts");
    const store = await openPostgresStore({ url: config.store.url, mutants });
    // Its server looks after its files itself.
    return { store, degrade: () => undefined };
  }
  if (config.store.kind === "cassandra") {
    const mutants = config.mutants.includes("unconditional") ? (["unconditional"] as const) : [];
    const { openCassandraStore } = await import("./stores/cassandra/store.ts");
    return { store: await openCassandraStore({ url: config.store.url, mutants }), degrade: () => undefined };
  }
  if (committer === undefined) throw new StoreUnavailable("The embedded store has nothing that writes.");
  const store = openSqliteStore({
    path: config.storePath,
    committer,
    trustRows: config.mutants.includes("no-row-checksum"),
    clickMutants: config.mutants.includes("no-row-checksum") ? ["blocks-trusted"] : [],
    unsynced: config.mutants.includes("synchronous-normal"),
  });
  return { store, degrade: (why) => store.degrade(why) };
}

/**
 * Whether new links need not be announced: nothing remembers that a slug is unknown but the filter, in which each is
 * marked before it is committed. A shared cache in front of the store makes looks last, and others join them.
 */
export function newLinksAreMarked({ store, cache }: Config): boolean {
  return store.kind === "sqlite" && cache.kind === "none";
}

/** Builds all over a store whose committer is open, if it has one. Throws what the store throws. */
export async function openApp(config: Config, parts: AppParts): Promise<App> {
  const opened = await openStore(config, parts.committer);
  try {
    return await appOver(opened, config, parts);
  } catch (error) {
    await opened.store.close();
    throw error;
  }
}

async function appOver({ store: opened, degrade }: OpenedStore, config: Config, parts: AppParts): Promise<App> {
  const { announce, tell, cacheReport, storeReport, reportsEvery } = parts;
  const clock = () => performance.now();
  const bare =
    storeReport === undefined ? opened : timedStore(opened, clock, storeReport, reportsEvery ? 1 : undefined);
  const store = honouringFreeze(bare, clock, config.mutants.includes("no-freeze"));
  const hash = hashSlugs(sha256);
  // Ids that are leased while the store is frozen go to no link.
  const slugs = await slugsOf(config, bare.registry, hash);
  const now = Date.now;
  const cache = cacheReport === undefined ? undefined : await openCache(config, store, cacheReport);
  const deaf = config.mutants.includes("no-hearing");
  const [seed = 0] = crypto.getRandomValues(new Int32Array(1));
  // Shared among the workers, so that a machine's memory is bounded however many there are.
  // Only who answers visitors keeps links at hand.
  const arenaBytes = cacheReport === undefined ? 0 : Math.floor(linkBytes / config.workers);
  // Every link of the embedded store is marked before it is committed; of other stores others make links too.
  const known =
    config.store.kind === "sqlite" && cacheReport !== undefined ? new KnownSlugs(config.storePath) : undefined;
  const isAbsent = known && ((key: string) => known.isAbsent(key));
  const unknownFor = newLinksAreMarked(config) ? 0 : undefined;
  const looking = { store: store.links, cache, isAbsent, unknownFor };
  const resolver = new Resolver({ ...looking, now, tell, deaf, arenaBytes, seed });
  const history = new History(store.registry, config.mutants.includes("no-history"));
  const limiter = new Limiter({
    registry: store.registry,
    name: () => randomBytes(6).toBase64(),
    clock: () => performance.now(),
    pause: Bun.sleep,
    random: Math.random,
    onUsedUp: (link, used) => void usedUp.mark(link, used),
    blind: config.mutants.includes("blind-limit"),
  });
  const links = new Links({
    store: store.links,
    cache,
    history,
    announce,
    slugs,
    used: (link) => limiter.used(link),
    deleted: (link) => limiter.forget(link, now()),
    own: ownAddress(config.baseUrl, config.port),
    now,
    token,
  });
  const usedUp = new UsedUp({ store: store.links, links, history, now });
  return {
    store,
    history,
    census: new Census({
      contents: store.contents,
      registry: store.registry,
      clicks: store.clicks,
      now,
      pause: Bun.sleep,
    }),
    links,
    resolver,
    limiter,
    cache,
    keys: new Keys({ registry: store.registry, adminKey: config.adminKey, now, randomBytes, sha256: sha256Hex }),
    accounts: openAccounts({
      registry: store.registry,
      hashing: { hash: (password) => Bun.password.hash(password, "argon2id"), verify: Bun.password.verify },
      now,
      randomBytes,
      sha256: sha256Hex,
      token,
    }),
    slugs,
    hash,
    degrade: (why) => {
      degrade(why);
      // What is remembered as unknown may be there.
      resolver.doubt();
    },
    close: async () => {
      await cache?.close();
      await store.close();
    },
  };
}

async function openCache(
  { cache, mutants }: Config,
  store: Store,
  report: (server: ServerReport) => void,
): Promise<SharedCache | undefined> {
  if (cache.kind === "none") return undefined;
  const options: SharedCacheOptions = {
    storeId: await cacheName(store.registry),
    changes: (after, limit) => store.links.changes(after, limit),
    now: Date.now,
    report,
    unbroken: mutants.includes("no-breaker"),
    believing: mutants.includes("no-replay"),
  };
  // Loaded by those who have one: a start takes what is loaded.
  if (cache.kind === "redis") return (await import("./caches/redis.ts")).openRedisCache(cache.urls, options);
  return (await import("./caches/memcached.ts")).openMemcachedCache(cache.servers, options);
}

/** What this installation's keys in the shared cache begin with: the same on all nodes, and made once. */
async function cacheName(registry: Registry): Promise<string> {
  const [kind, id] = ["cache", "name"];
  const known = await registry.get(kind, id);
  if (known !== undefined) return known.value;
  const value = JSON.stringify(randomBytes(16).toHex());
  const put = await registry.put({ kind, id, value, version: 1, expiresAt: null });
  if (put.outcome === "conflict" && put.current !== undefined) return put.current.value;
  return value;
}

async function slugsOf(config: Config, registry: Registry, hash: SlugMaker): Promise<SlugMaker> {
  if (config.slugs === "hash") return hash;
  if (config.slugs === "random") return randomSlugs(config.slugLength, randomBytes);
  return counterSlugs(config.slugLength, await counterHash(registry), leasedIds(registry));
}

function sha256(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}

function sha256Hex(text: string): string {
  return sha256(text).toHex();
}

function token(): string {
  return randomBytes(16).toHex();
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
