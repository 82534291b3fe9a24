import { StoreUnavailable } from "../../core/store.ts";

/** How many are under way at once: at the start, at least and at most. */
const [atFirst, least, most] = [8, 4, 48];
/** Parts of a write's time: after one that took the first there are fewer, after one that took the second they no longer double. */
const [tooSlow, notQuick] = [0.7, 0.2];
/** So many wait, and no more. */
const mostWaiting = 5000;

export interface PaceOptions {
  /** How the store is called in errors. */
  readonly shown: string;
  /** How long one may take by itself, in ms, and how long it may wait for its turn before that. */
  readonly limit: number;
  readonly patience: number;
  /** Always as many as there may be at most. */
  readonly isFixed?: boolean;
  /** In ms, of any origin. */
  readonly clock?: () => number;
}

interface Waiting {
  readonly since: number;
  readonly begin: (waited: number) => void;
}

/**
 * Lets as many writes be under way as the cluster keeps up with; the others wait here, in the order they came. Cassandra
 * turns none away: what is too much makes all of them slow, until they take longer than they may and fail. So one that took
 * most of its time is a sign to have fewer, and any other one, while some wait, a small sign to have more. (Fewer as soon as they
 * get slow was tried: where the machine is what is short, a Cassandra with less in hand gets less of it.)
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #waiting: Waiting[] = [];
  readonly #now: () => number;
  #room: number;
  #busy = 0;
  /** Doubles every round, as long as all are quick. */
  #isSearching = true;
  #lessSince = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#now = options.clock ?? (() => performance.now());
    this.#room = options.isFixed ? most : atFirst;
  }

  /** How many may be under way now. */
  get room(): number {
    return Math.floor(this.#room);
  }

  /** Throws `StoreUnavailable`, without having begun, when it waited longer than it may or too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { shown, patience } = this.#options;
    if (this.#busy < this.room) this.#busy++;
    else {
      if (this.#waiting.length >= mostWaiting) throw new StoreUnavailable(`${shown}: ${mostWaiting} wait to write.`);
      const waited = await new Promise<number>((begin) => this.#waiting.push({ since: this.#now(), begin }));
      if (waited > patience) {
        this.#leave();
        throw new StoreUnavailable(`${shown}: more is to be written than it takes; ${Math.round(waited)} ms waited.`);
      }
    }
    const began = this.#now();
    let isLost = false;
    try {
      return await work();
    } catch (error) {
      isLost = error instanceof StoreUnavailable;
      throw error;
    } finally {
      if (!this.#options.isFixed) this.#learn(began, isLost);
      this.#leave();
    }
  }

  #learn(began: number, isLost: boolean): void {
    const took = this.#now() - began;
    const { limit } = this.#options;
    if (took > limit * notQuick) this.#isSearching = false;
    if (isLost || took > limit * tooSlow) {
      // What began before there were fewer says nothing about how many are right now.
      if (began < this.#lessSince) return;
      this.#room = Math.max(least, this.#room * 0.8);
      this.#lessSince = this.#now();
    } else if (this.#waiting.length > 0)
      this.#room = Math.min(most, this.#room + (this.#isSearching ? 1 : 1 / this.#room));
  }

  #leave(): void {
    this.#busy--;
    while (this.#busy < this.room) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#busy++;
      next.begin(this.#now() - next.since);
    }
  }
}
