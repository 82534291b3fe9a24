import type { Tally } from "../../core/click.ts";
import { byHour, shortHash, type Tuple } from "./tuples.ts";
import type { Row } from "./values.ts";

interface Growing {
  readonly hour: number;
  readonly row: Row;
  clicks: number;
  visitors: number[];
}

/** The tuples of a subject, put together where hour and values are the same. */
export class Alike {
  readonly #hours = new Map<number, Map<Row, Growing>>();
  #hour = Number.NaN;
  #rows = new Map<Row, Growing>();
  readonly #tuples: Growing[] = [];

  /** `row`: that of the tally's values. */
  add({ hour, clicks, visitors }: Tally, row: Row): void {
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#rows = this.#hours.get(hour) ?? new Map();
      this.#hours.set(hour, this.#rows);
    }
    let growing = this.#rows.get(row);
    if (growing === undefined) {
      growing = { hour, row, clicks, visitors: [] };
      this.#rows.set(row, growing);
      this.#tuples.push(growing);
    } else growing.clicks += clicks;
    for (const visitor of visitors) growing.visitors.push(shortHash(visitor));
  }

  /** In the order of their hours, each visitor once. */
  tuples(): readonly Tuple[] {
    for (const tuple of this.#tuples) if (tuple.visitors.length > 1) tuple.visitors = distinct(tuple.visitors);
    return this.#hours.size > 1 ? this.#tuples.sort(byHour) : this.#tuples;
  }
}

function distinct(visitors: readonly number[]): number[] {
  const found: number[] = [];
  let last = -1;
  for (const visitor of Uint32Array.from(visitors).sort()) {
    if (visitor !== last) found.push(visitor);
    last = visitor;
  }
  return found;
}
