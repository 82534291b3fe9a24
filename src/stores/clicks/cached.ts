/** Keeps what was used last, up to a sum of sizes. */
export class Cached<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly size: number }>();
  readonly #most: number;
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, size: number): void {
    if (this.#entries.has(key)) return;
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const [old, entry] of this.#entries) {
      if (this.#size <= this.#most) break;
      this.#entries.delete(old);
      this.#size -= entry.size;
    }
  }
}
