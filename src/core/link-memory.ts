import type { Followed } from "./click.ts";
import type { LinkId, VisitorLink } from "./link.ts";
import { LinkArena } from "./link-arena.ts";
import { MemoryCache } from "./memory-cache.ts";

/** What memory keeps of a link. */
export interface Resolved extends Followed {
  /** A place for the answer that the visitors' server made from this link. */
  answer: unknown;
}

export function resolvedOf(link: VisitorLink): Resolved {
  return { link, answer: undefined, mark: 0 };
}

const askedBits = 14;
const askedSlots = 2 ** askedBits;

/**
 * The links that a process remembers: those asked for lately as objects, with their answers, and many more as bytes. What
 * is found among the bytes twice within a while becomes an object again: to make room for one that nobody asks for again
 * would take as long as all the rest. Synchronous, and a hit among the objects allocates nothing.
 */
export class LinkMemory {
  readonly #objects: MemoryCache<Resolved>;
  readonly #arena: LinkArena | undefined;
  /** Places in the arena of links that were asked for lately, each at a slot of its own. */
  readonly #asked = new Int32Array(askedSlots).fill(-1);

  /** `limit`: how many objects at most; `bytes`: how much memory for the others (0: none); `seed`: see `LinkArena`. */
  constructor(limit: number, bytes: number, seed: number) {
    this.#objects = new MemoryCache(limit);
    this.#arena = bytes > 0 ? new LinkArena(bytes, seed) : undefined;
  }

  /** By a key of `keyOf`. */
  get(key: string): Resolved | undefined {
    return this.#objects.get(key) ?? this.#revived(key);
  }

  set(key: string, found: Resolved): void {
    this.#objects.set(key, found);
    this.#arena?.set(key, found.link);
  }

  delete(key: string): void {
    this.#objects.delete(key);
    this.#arena?.delete(key);
  }

  clear(): void {
    this.#objects.clear();
    this.#arena?.clear();
  }

  #revived(key: string): Resolved | undefined {
    const place = this.#arena?.placeOf(key) ?? -1;
    if (this.#arena === undefined || place === -1) return undefined;
    const found = resolvedOf(this.#arena.at(place, idOf(key)));
    const slot = Math.imul(place, 0x9e3779b1) >>> (32 - askedBits);
    if (this.#asked[slot] === place) this.#objects.set(key, found);
    else this.#asked[slot] = place;
    return found;
  }
}

function idOf(key: string): LinkId {
  const at = key.indexOf("//");
  return at === -1 ? { host: "", slug: key } : { host: key.slice(0, at), slug: key.slice(at + 2) };
}
