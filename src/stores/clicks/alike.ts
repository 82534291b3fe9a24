import { byHour, type Tuple } from "./tuples.ts";
import type { Row } from "./values.ts";

interface Growing extends Tuple {
  clicks: number;
  readonly visitors: number[];
}

/** So many are looked through; beyond, they are found by a `Map`. */
const few = 8;
/** After so many, it is looked for alike ones only if at least a quarter of all added so far were. */
const enough = 256;

/**
 * The tuples of a subject, put together where hour and values are the same. Where few are, most are left as they are: to look
 * costs more than it saves, and tables add them up anyway.
 */
export class Alike {
  readonly #tuples: Tuple[] = [];
  /** Those of `#tuples` that were put together, and may be added to: the others belong to whoever added them. */
  readonly #grown = new Set<Tuple>();
  /** How many were put to another one. */
  #together = 0;
  /** By hour and row: places in `#tuples`. */
  #places: Map<number, Map<Row, number>> | undefined;

  add(tuple: Tuple): void {
    if (this.#tuples.length >= enough && 4 * this.#together < this.#tuples.length) {
      this.#tuples.push(tuple);
      return;
    }
    const place = this.#placeOf(tuple.hour, tuple.row);
    if (place === -1) {
      this.#tuples.push(tuple);
      if (this.#places !== undefined) this.#note(tuple, this.#tuples.length - 1);
      else if (this.#tuples.length > few) this.#noteAll();
      return;
    }
    let found = this.#tuples[place] as Tuple;
    if (!this.#grown.has(found)) {
      found = { ...found, visitors: [...found.visitors] };
      this.#tuples[place] = found;
      this.#grown.add(found);
    }
    this.#together++;
    const growing = found as Growing;
    growing.clicks += tuple.clicks;
    for (const visitor of tuple.visitors) growing.visitors.push(visitor);
  }

  /** In the order of their hours, each visitor of one once. Nothing may be added afterwards. */
  tuples(): readonly Tuple[] {
    const tuples = this.#tuples;
    if (this.#grown.size > 0)
      for (let at = 0; at < tuples.length; at++) {
        const tuple = tuples[at] as Tuple;
        if (this.#grown.has(tuple)) tuples[at] = { ...tuple, visitors: distinct(tuple.visitors) };
      }
    return tuples.length > 1 ? tuples.sort(byHour) : tuples;
  }

  #placeOf(hour: number, row: Row): number {
    if (this.#places !== undefined) return this.#places.get(hour)?.get(row) ?? -1;
    const tuples = this.#tuples;
    for (let at = 0; at < tuples.length; at++) if (tuples[at]?.row === row && tuples[at]?.hour === hour) return at;
    return -1;
  }

  #noteAll(): void {
    this.#places = new Map();
    for (const [place, tuple] of this.#tuples.entries()) this.#note(tuple, place);
  }

  #note({ hour, row }: Tuple, place: number): void {
    let rows = this.#places?.get(hour);
    if (rows === undefined) {
      rows = new Map();
      this.#places?.set(hour, rows);
    }
    rows.set(row, place);
  }
}

function distinct(visitors: readonly number[]): readonly number[] {
  if (visitors.length < 2) return visitors;
  const found: number[] = [];
  let last = -1;
  for (const visitor of Uint32Array.from(visitors).sort()) {
    if (visitor !== last) found.push(visitor);
    last = visitor;
  }
  return found;
}
