/** Buckets grow by 2 %, so a percentile is right to 2 %: from 10 µs to about 2 minutes. */
const growth = Math.log(1.02);
const least = 0.01;
const count = 830;

/** How long answers took, in ms, without keeping each. */
export class Latencies {
  readonly #buckets = new Uint32Array(count);
  #total = 0;
  #sum = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = ms <= least ? 0 : Math.min(count - 1, Math.ceil(Math.log(ms / least) / growth));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#total++;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
  }

  get total(): number {
    return this.#total;
  }

  get average(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** What this share (0 to 1) of the answers did not take longer than; 0 when there were none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#total);
    for (let bucket = 0; bucket < count && left > 0; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#max, least * Math.exp(bucket * growth));
    }
    return this.#max;
  }

  /** How many took from one bound to the next; `bounds` rise, and what is above the last one is with it. */
  spread(bounds: readonly number[]): number[] {
    const found = bounds.map(() => 0);
    for (let bucket = 0; bucket < count; bucket++) {
      const upper = least * Math.exp(bucket * growth);
      const at = bounds.findIndex((bound) => upper <= bound);
      const place = at === -1 ? bounds.length - 1 : at;
      found[place] = (found[place] ?? 0) + (this.#buckets[bucket] ?? 0);
    }
    return found;
  }
}
