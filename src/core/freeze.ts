import { CurtError } from "./errors.ts";
import { type Document, type Registry, type Store, StoreUnavailable } from "./store.ts";

/**
 * A store is frozen while its registry has this document: it is read as before, and nobody writes to it, so that all of
 * it can be moved. Whoever writes looks for it, and never believes a look that began longer ago than `lookFor`.
 */
const kind = "control";
const id = "frozen";

/** How long, in ms, a look at the document is believed. */
const lookFor = 1000;
/** From this age of the last look on, in ms, a write makes the next one beside it. */
const lookAgain = 500;
/** Looks that came too late, until the store counts as too slow. */
const mostLooks = 5;

/** Documents that say what may be done with a store, and belong to it alone: they can be written in a frozen one too. */
export const controlKind = kind;

export interface Frozen {
  /** Who froze it. */
  readonly by: string;
  /** Rises by 1 with each renewal; one that is not the next tells that the freeze was over in between. */
  readonly version: number;
  /** In ms; `null`: until it is lifted. */
  readonly expiresAt: number | null;
}

/** Who froze the store, if it is. */
export async function frozenBy(registry: Pick<Registry, "get">): Promise<Frozen | undefined> {
  const found = await registry.get(kind, id);
  return found && read(found);
}

/** Freezes the store, or renews what the same one did before. Gives what holds now: somebody else's freeze stays. */
export async function freeze(
  registry: Pick<Registry, "get" | "put">,
  by: string,
  expiresAt: number | null,
): Promise<Frozen> {
  let found = await registry.get(kind, id);
  for (let round = 0; round < 100; round++) {
    if (found !== undefined && read(found).by !== by) return read(found);
    const version = (found?.version ?? 0) + 1;
    const outcome = await registry.put({ kind, id, value: JSON.stringify({ by }), version, expiresAt });
    if (outcome.outcome === "stored") return { by, version, expiresAt };
    found = outcome.current;
  }
  throw new StoreUnavailable("Too many freeze the store at once.");
}

/** Lets everybody write again; `false` if the store was not frozen. */
export function thaw(registry: Pick<Registry, "remove">): Promise<boolean> {
  return registry.remove(kind, id);
}

function read({ value, version, expiresAt }: Document): Frozen {
  const { by } = JSON.parse(value) as { by: string };
  return { by, version, expiresAt };
}

/**
 * The store as servers and commands use it: a write throws `CurtError` `read_only` while the store is frozen. `clock`: in
 * ms, never set back, and running on while the process is stopped. `deaf`, for tests, which must fail with it: writes in
 * any case.
 */
export function honouringFreeze(store: Store, clock: () => number, deaf = false): Store {
  if (deaf) return store;
  const { id: storeId, links, registry, contents, clicks } = store;
  const gate = new Gate(registry, clock);
  return {
    id: storeId,
    contents,
    links: {
      insert: (record) => gate.through(() => links.insert(record)),
      insertMany: (records) => gate.through(() => links.insertMany(records)),
      find: (link) => links.find(link),
      ...(links.findAtOnce && { findAtOnce: links.findAtOnce.bind(links) }),
      replace: (record) => gate.through(() => links.replace(record)),
      list: (query) => links.list(query),
      findByTarget: (host, url, limit) => links.findByTarget(host, url, limit),
      changes: (after, limit) => links.changes(after, limit),
    },
    registry: {
      get: (of, name) => registry.get(of, name),
      put: (document) =>
        document.kind === controlKind ? registry.put(document) : gate.through(() => registry.put(document)),
      remove: (of, name) =>
        of === controlKind ? registry.remove(of, name) : gate.through(() => registry.remove(of, name)),
      list: (of) => registry.list(of),
    },
    clicks: {
      last: (writer) => clicks.last(writer),
      // Whoever adds clicks waits: they go into the store that this one is moved to, or into this one again.
      add: (batch) => gate.through(() => clicks.add(batch)),
      read: (query) => clicks.read(query),
      clicksOf: (ids) => clicks.clicksOf(ids),
      visits: (link, limit, before) => clicks.visits(link, limit, before),
      get contents() {
        return clicks.contents;
      },
      tend: (writer, now, budget) => gate.through(() => clicks.tend(writer, now, budget)),
    },
    close: () => store.close(),
  };
}

/** Lets writes through while the store is known not to be frozen. */
class Gate {
  readonly #registry: Pick<Registry, "get">;
  readonly #clock: () => number;
  /** When the last look that was answered began. */
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #frozen: Frozen | undefined;

  constructor(registry: Pick<Registry, "get">, clock: () => number) {
    this.#registry = registry;
    this.#clock = clock;
  }

  async through<T>(write: () => Promise<T>): Promise<T> {
    for (let looks = 0; this.#clock() - this.#looked >= lookFor; looks++) {
      if (looks === mostLooks) throw new StoreUnavailable("The store is too slow to say whether it is frozen.");
      await this.#look();
    }
    // A look that fails is made again by the next write.
    if (this.#clock() - this.#looked >= lookAgain) void this.#look().catch(() => undefined);
    if (this.#frozen !== undefined) throw readOnly(this.#frozen);
    return write();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask(): Promise<void> {
    const began = this.#clock();
    this.#frozen = await frozenBy(this.#registry);
    this.#looked = began;
  }
}

function readOnly({ expiresAt }: Frozen): CurtError {
  const message =
    expiresAt === null
      ? "The links were moved to another store, and can't be changed in this one. Redirects go on."
      : "The links are being moved to another store. They can be changed again in a moment; redirects go on.";
  return new CurtError("read_only", message);
}
