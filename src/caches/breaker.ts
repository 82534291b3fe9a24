/** Opens after this many failures in a row; those within `together` ms are one, so that a short stall is one too. */
const mostInARow = 5;
const together = 20;
/** Or when half of what was asked within half a second to a second failed, and it was this much at least. */
const least = 20;

/** Counts how a server's answers end, and says when to stop asking it. */
export class Breaker {
  #inARow = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;
  #since = Number.NEGATIVE_INFINITY;
  #asked = 0;
  #failed = 0;

  /** Notes an outcome at the time `now` (ms, any origin); whether the server has failed too often. */
  note(failed: boolean, now: number): boolean {
    if (now - this.#since >= 1000) {
      this.#since = now;
      this.#asked = 0;
      this.#failed = 0;
    }
    this.#asked++;
    if (!failed) {
      this.#inARow = 0;
      return false;
    }
    this.#failed++;
    if (now - this.#lastFailure >= together) {
      this.#inARow++;
      this.#lastFailure = now;
    }
    const half = now - this.#since >= 500 && this.#asked >= least && this.#failed * 2 >= this.#asked;
    return half || this.#inARow >= mostInARow;
  }

  /** Forgets all: for a new connection. */
  reset(): void {
    this.#inARow = 0;
    this.#since = Number.NEGATIVE_INFINITY;
  }
}
