/** So many keys at least come between two looks at how many different ones there are. */
const fewestNew = 8_192;

/**
 * Counts clicks by a number. They are gathered and then sorted, which takes a fraction of what a look-up for each takes; a run of
 * the same one costs a comparison each.
 */
export class Pairs {
  #keys = new Float64Array(fewestNew);
  #counts = new Float64Array(fewestNew);
  #length = 0;
  /** So many of them were sorted, and are different. */
  #distinct = 0;
  /** How often a key of `#keys` came beyond the times that it stands there. */
  readonly #more = new Map<number, number>();
  #last = -1;
  #run = 0;

  /** How many keys there are at most. */
  get atMost(): number {
    return this.#length + 1;
  }

  /** About how many different ones there are: those of the last few thousand may be missing. */
  get atLeast(): number {
    if (this.#length - this.#distinct >= fewestNew) this.#compact();
    return this.#distinct;
  }

  /** `key`: a whole number from 0 on. */
  add(key: number): void {
    if (key === this.#last) {
      this.#run++;
      return;
    }
    this.#endRun();
    this.#last = key;
    this.#run = 1;
  }

  /** Each key once, in order, and how often it came, place by place; valid until the next call. Begins anew. */
  take(): { readonly keys: Float64Array; readonly counts: Float64Array } {
    this.#endRun();
    this.#sort();
    const taken = { keys: this.#keys.subarray(0, this.#length), counts: this.#counts.subarray(0, this.#length) };
    this.#more.clear();
    this.#length = 0;
    this.#distinct = 0;
    return taken;
  }

  #endRun(): void {
    if (this.#run === 0) return;
    if (this.#length === this.#keys.length) this.#grow();
    this.#keys[this.#length++] = this.#last;
    if (this.#run > 1) this.#more.set(this.#last, (this.#more.get(this.#last) ?? 0) + this.#run - 1);
    this.#run = 0;
    this.#last = -1;
  }

  #sort(): void {
    const [keys, counts, more] = [this.#keys, this.#counts, this.#more];
    keys.subarray(0, this.#length).sort();
    let to = 0;
    for (let from = 0; from < this.#length; ) {
      const key = keys[from] ?? 0;
      let end = from + 1;
      while (end < this.#length && keys[end] === key) end++;
      keys[to] = key;
      counts[to++] = end - from + (more.size === 0 ? 0 : (more.get(key) ?? 0));
      from = end;
    }
    this.#length = to;
  }

  #compact(): void {
    this.#sort();
    this.#distinct = this.#length;
    for (let at = 0; at < this.#length; at++) {
      const more = (this.#counts[at] ?? 1) - 1;
      if (more > 0) this.#more.set(this.#keys[at] ?? 0, more);
    }
  }

  #grow(): void {
    const keys = new Float64Array(2 * this.#keys.length);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#counts = new Float64Array(keys.length);
  }
}
