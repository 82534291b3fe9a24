/** Points of each server on the ring: with 160 of them three servers' shares lie within a few percent of a third. */
const pointsEach = 160;

/**
 * Consistent hashing (ketama's idea): which of several servers a key belongs to. A server that joins or leaves the list
 * moves only the keys of its own share. The order of the list does not matter.
 */
export class Ring {
  readonly #points: { readonly at: number; readonly server: number }[];

  /** `names`: one or more, each once. */
  constructor(names: readonly string[]) {
    this.#points = names
      .flatMap((name, server) =>
        Array.from({ length: pointsEach }, (_, i) => ({ at: Bun.hash.xxHash32(`${name}-${i}`), server, name })),
      )
      .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  }

  /** The index in `names` of the server for a hash of 32 bits. */
  serverOf(hash: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle]?.at ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return (points[low] ?? points[0])?.server ?? 0;
  }
}
