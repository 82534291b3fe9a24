/** Opens after this many failures in a row, */
const mostInARow = 5;
/** or when this many of the last `windowSize` failed. */
const mostInWindow = 25;
const windowSize = 50;

/** Counts how a server's answers end, and says when to stop asking it. */
export class Breaker {
  #inARow = 0;
  /** The last outcomes, as a ring; `true` is a failure. */
  #window: boolean[] = [];
  #at = 0;
  #failed = 0;

  /** Notes an outcome; whether the server has failed too often. */
  note(failed: boolean): boolean {
    if (this.#window[this.#at] === true) this.#failed--;
    this.#window[this.#at] = failed;
    this.#at = (this.#at + 1) % windowSize;
    if (failed) this.#failed++;
    this.#inARow = failed ? this.#inARow + 1 : 0;
    return this.#inARow >= mostInARow || this.#failed >= mostInWindow;
  }

  /** Forgets all: for a new connection. */
  reset(): void {
    this.#inARow = 0;
    this.#window = [];
    this.#at = 0;
    this.#failed = 0;
  }
}
