/** In one place, so many deaths in so many ms are met by starting again at once; beyond, after a pause that doubles. */
const deathLimit = { count: 10, within: 10_000 } as const;
const pauses = { first: 1_000, longest: 30_000 } as const;
/** So long without a death, in ms, and all is forgotten. */
const calm = 60_000;

/** The deaths of the processes in one place, one after another, and how soon the next may start. */
export class Deaths {
  #times: number[] = [];
  /** The next pause, in ms. */
  #pause: number = pauses.first;

  /** Notes a death and gives the pause before the next start, in ms; 0: at once. */
  note(): number {
    const now = performance.now();
    if (now - (this.#times.at(-1) ?? 0) > calm) this.#pause = pauses.first;
    this.#times = [...this.#times.filter((at) => now - at < deathLimit.within), now];
    // Once there was a pause, a death within the calm time brings a longer one.
    if (this.#times.length <= deathLimit.count && this.#pause === pauses.first) return 0;
    const pause = this.#pause;
    this.#pause = Math.min(pauses.longest, pause * 2);
    return pause;
  }
}
