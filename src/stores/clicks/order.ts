import type { ClickId } from "../../core/click.ts";
import { linkKey } from "./keys.ts";

const space = 2 ** 32;
/** The least of links' keys. */
const base = 2 * space;
/** Beside the 33 bits of a link's `hi` a number has room for a place below this. */
const mostPlaces = 2 ** 20;

/** Puts things that belong to links in the order of a run: by the links' keys, those of one link as they came. */
export class LinkOrder {
  readonly #hi: Float64Array;
  readonly #lo: Float64Array;
  readonly #places: Uint32Array;

  constructor(things: readonly { readonly link: ClickId | null }[]) {
    const count = things.length;
    this.#hi = new Float64Array(count);
    this.#lo = new Float64Array(count);
    let [last, key] = ["", linkKey("")];
    for (let at = 0; at < count; at++) {
      const link = things[at]?.link ?? "";
      // Those of one link mostly come together.
      if (link !== last) {
        last = link;
        key = linkKey(link);
      }
      this.#hi[at] = key.hi;
      this.#lo[at] = key.lo;
    }
    this.#places = count > mostPlaces ? this.#sortedByComparing(count) : this.#sorted(count);
  }

  /** Calls with each link's key, and from where to where its things are in the order. */
  each(take: (hi: number, lo: number, from: number, to: number) => void): void {
    const [his, los, places] = [this.#hi, this.#lo, this.#places];
    for (let from = 0, to = 0; from < places.length; from = to) {
      const [hi, lo] = [his[places[from] ?? 0] ?? 0, los[places[from] ?? 0] ?? 0];
      to = from + 1;
      while (to < places.length && his[places[to] ?? 0] === hi && los[places[to] ?? 0] === lo) to++;
      take(hi, lo, from, to);
    }
  }

  /** The place, as they came, of what is at `index` in the order. */
  at(index: number): number {
    return this.#places[index] ?? 0;
  }

  /** Numbers are sorted many times as fast as things are compared, so each is `hi` and a place in one. */
  #sorted(count: number): Uint32Array {
    const [his, los] = [this.#hi, this.#lo];
    const packed = new Float64Array(count);
    for (let at = 0; at < count; at++) packed[at] = ((his[at] ?? 0) - base) * mostPlaces + at;
    packed.sort();
    const places = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const both = packed[index] ?? 0;
      const place = both - Math.floor(both / mostPlaces) * mostPlaces;
      // Where `hi` is the same, which is rare but for one link's own, `lo` decides.
      let to = index;
      for (; to > 0; to--) {
        const other = places[to - 1] ?? 0;
        if (his[other] !== his[place] || (los[other] ?? 0) <= (los[place] ?? 0)) break;
        places[to] = other;
      }
      places[to] = place;
    }
    return places;
  }

  #sortedByComparing(count: number): Uint32Array {
    const [his, los] = [this.#hi, this.#lo];
    const by = (a: number, b: number) => (his[a] ?? 0) - (his[b] ?? 0) || (los[a] ?? 0) - (los[b] ?? 0) || a - b;
    return Uint32Array.from({ length: count }, (_, at) => at).sort(by);
  }
}
