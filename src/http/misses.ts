import { RateLimit } from "./rate.ts";

const minute = 60_000;

/**
 * How many unknown slugs each address may ask a shared store for. Whoever asked for too many gets what memory knows, and
 * must wait for the rest, be it there or not. The embedded store needs none: its filter answers.
 */
export class Misses {
  readonly #limit: RateLimit;
  readonly #now: () => number;

  /** So many at once, and then one each so many parts of a minute. */
  constructor(perMinute: number, now: () => number) {
    this.#limit = new RateLimit(perMinute, minute);
    this.#now = now;
  }

  /** ms until an address may ask again; 0: it may now. */
  wait(address: string): number {
    const { left, wholeIn } = this.#limit.state(address, this.#now());
    return left > 0 ? 0 : Math.max(1, wholeIn - (minute - minute / this.#limit.count));
  }

  /** An address has asked for a slug that nobody has. */
  missed(address: string): void {
    this.#limit.take(address, this.#now());
  }
}
