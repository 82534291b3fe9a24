/**
 * What is kept about the clicks that a link with `maxClicks` has used up. A taker is one process's counting for one link,
 * under a random name that no other ever has.
 */
export interface Taken {
  /** Clicks taken from the limit, whoever took them. Only ever rises. */
  readonly used: number;
  /** The takers that took last, latest first, each with all that it took. */
  readonly takers: readonly (readonly [taker: string, total: number])[];
}

/**
 * How many takers are remembered. Whoever is forgotten between its taking and its reading back loses what it took, so it
 * must be more than the processes that serve one link at the same time.
 */
export const mostTakers = 64;

export const nothingTaken: Taken = { used: 0, takers: [] };

/** How many of `wanted` clicks a limit has left. */
export function left(taken: Taken, wanted: number, limit: number): number {
  return Math.max(0, Math.min(wanted, limit - taken.used));
}

/** What a taker has taken in all; 0 if nothing, or if it was forgotten. */
export function totalOf(taken: Taken, taker: string): number {
  return taken.takers.find(([name]) => name === taker)?.[1] ?? 0;
}

/** With so many more taken by this taker. Is put in place of `taken` by compare-and-set, or not at all. */
export function withTaken(taken: Taken, taker: string, clicks: number, remembered = mostTakers): Taken {
  const others = taken.takers.filter(([name]) => name !== taker).slice(0, remembered - 1);
  return { used: taken.used + clicks, takers: [[taker, totalOf(taken, taker) + clicks], ...others] };
}
