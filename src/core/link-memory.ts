import type { Followed } from "./click.ts";
import type { LinkId, VisitorLink } from "./link.ts";
import { LinkArena } from "./link-arena.ts";
import { MemoryCache } from "./memory-cache.ts";
import { isPlain } from "./rules.ts";
import { isReserved } from "./slug.ts";

/** What memory keeps of a link. */
export interface Resolved extends Followed {
  /** A place for the answer that the visitors' server made from this link. */
  answer: unknown;
}

export function resolvedOf(link: VisitorLink): Resolved {
  return { link, answer: undefined, mark: 0 };
}

/**
 * The links that a process remembers. Most are bytes, and answered from these; those that can't be, for they have
 * conditions, say, or are asked for in an unusual way, are objects too, with their answers. Synchronous.
 */
export class LinkMemory {
  readonly #objects: MemoryCache<Resolved>;
  /** Plain links that are answered with the usual status are at hand in it. */
  readonly arena: LinkArena | undefined;

  /** `limit`: how many objects at most; `bytes`: how much memory for the others (0: none); `seed`: see `LinkArena`. */
  constructor(limit: number, bytes: number, seed: number) {
    this.#objects = new MemoryCache(limit);
    this.arena = bytes > 0 ? new LinkArena(bytes, seed) : undefined;
  }

  /** By a key of `keyOf`. */
  get(key: string): Resolved | undefined {
    const object = this.#objects.get(key);
    if (object !== undefined || this.arena === undefined) return object;
    const place = this.arena.placeOf(key);
    if (place === -1) return undefined;
    const found = resolvedOf(this.arena.at(place, idOf(key)));
    this.#objects.set(key, found);
    return found;
  }

  set(key: string, found: Resolved): void {
    const { link } = found;
    const isAtHand = isPlain(link) && link.redirectStatus === null && !isReserved(link.slug);
    const isKept = this.arena?.set(key, link, isAtHand) === true;
    if (isKept && isAtHand) this.#objects.delete(key);
    else this.#objects.set(key, found);
  }

  delete(key: string): void {
    this.#objects.delete(key);
    this.arena?.delete(key);
  }

  clear(): void {
    this.#objects.clear();
    this.arena?.clear();
  }
}

function idOf(key: string): LinkId {
  const at = key.indexOf("//");
  return at === -1 ? { host: "", slug: key } : { host: key.slice(0, at), slug: key.slice(at + 2) };
}
