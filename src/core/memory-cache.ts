/** An entry's value beside the mark that gives it a second chance. */
interface Slot<V> {
  value: V;
  used: boolean;
}

/**
 * A bounded map that forgets what was not asked for lately: second chance (the clock algorithm), on the insertion order
 * that `Map` keeps. Every operation is synchronous, and a hit allocates nothing.
 */
export class MemoryCache<V> {
  readonly #slots = new Map<string, Slot<V>>();
  /** Where the search for a victim goes on. A new one each time would walk over all that was deleted before it. */
  #hand = this.#slots.entries();

  /** `limit`: how many entries at most, 1 or more. */
  constructor(readonly limit: number) {}

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    slot.used = true;
    return slot.value;
  }

  set(key: string, value: V): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) {
      slot.value = value;
      return;
    }
    if (this.#slots.size >= this.limit) this.#evict();
    this.#slots.set(key, { value, used: false });
  }

  delete(key: string): void {
    this.#slots.delete(key);
  }

  clear(): void {
    this.#slots.clear();
  }

  /** Drops the oldest entry not used since it last came to the front; each used one goes to the back once. */
  #evict(): void {
    for (;;) {
      const { value: next } = this.#hand.next();
      if (next === undefined) {
        this.#hand = this.#slots.entries();
        continue;
      }
      const [key, slot] = next;
      this.#slots.delete(key);
      if (!slot.used) return;
      slot.used = false;
      this.#slots.set(key, slot);
    }
  }
}
