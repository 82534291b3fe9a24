/** Upper bounds of the buckets, in seconds: from a turn of an idle event loop to an answer that nobody waits for. */
export const secondsBounds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A histogram as it travels: how many fell into each bucket (the last has no bound), and the sum of all in seconds. */
export interface HistogramCounts {
  readonly buckets: readonly number[];
  readonly sum: number;
}

/** Counts durations in buckets that never change, so that the histograms of several processes can be added. */
export class Histogram {
  readonly #buckets = new Array<number>(secondsBounds.length + 1).fill(0);
  #sum = 0;

  /** Adds a duration in seconds; `weight`: for how many like it this one stands. */
  add(seconds: number, weight = 1): void {
    let bucket = 0;
    while (bucket < secondsBounds.length && seconds > (secondsBounds[bucket] ?? 0)) bucket++;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + weight;
    this.#sum += seconds * weight;
  }

  get counts(): HistogramCounts {
    return { buckets: [...this.#buckets], sum: this.#sum };
  }
}
