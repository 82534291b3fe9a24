import { BlockReader } from "./block.ts";
import { type SubjectKey, sketchCell } from "./keys.ts";
import { dayOfHour, unitStart } from "./periods.ts";
import type { Range } from "./range.ts";
import type { PlacedRun, RunReader } from "./reader.ts";
import { Sketch } from "./sketch.ts";

/** Visitors of a period: those of tuples themselves; of tables how many each has, and where their sketches are. */
interface Visitors {
  tuples: Sketch | undefined;
  readonly tables: { readonly of: PlacedRun; readonly unique: number }[];
  /** All of them together, where several runs know some. */
  merged: Sketch | undefined;
}

/** How many visitors a subject had in the periods of a range. A visitor counts once a day, or once an hour of a series. */
export class Uniques {
  readonly #range: Range;
  readonly #subject: SubjectKey;
  readonly #hours = new Map<number, Visitors>();
  readonly #days = new Map<number, Visitors>();
  /** The hours of days that are not whole in the range. */
  readonly #edges: readonly number[];

  constructor(range: Range, subject: SubjectKey) {
    this.#range = range;
    this.#subject = subject;
    this.#edges =
      range.unit === "hour"
        ? range.parts.hours.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index))
        : [];
  }

  addTuple(hour: number, visitors: readonly number[]): void {
    const seen = [visitorsOf(this.#days, dayOfHour(hour))];
    if (this.#range.unit === "hour") seen.push(visitorsOf(this.#hours, hour));
    for (const one of seen) {
      one.tuples ??= new Sketch();
      for (const visitor of visitors) one.tuples.add(visitor);
    }
  }

  addTable(of: PlacedRun, grain: "hour" | "day", period: number, unique: number): void {
    if (unique > 0) visitorsOf(grain === "hour" ? this.#hours : this.#days, period).tables.push({ of, unique });
  }

  /** Where several runs know visitors of one period, only their sketches tell how many there were together. */
  async load(reader: RunReader): Promise<void> {
    const needed = new Map<PlacedRun, Map<number, Visitors>>();
    const edges = new Set(this.#edges);
    const need = (grain: "hour" | "day", period: number, visitors: Visitors) => {
      const { tables, tuples } = visitors;
      const isKnown = tables.length === 1 && tuples === undefined && !(grain === "hour" && edges.has(period));
      if (tables.length === 0 || isKnown) return;
      for (const { of } of tables) {
        const cells = needed.get(of) ?? new Map<number, Visitors>();
        cells.set(sketchCell(grain, period), visitors);
        needed.set(of, cells);
      }
      visitors.merged = new Sketch();
      if (tuples !== undefined) visitors.merged.merge(tuples);
    };
    for (const [day, visitors] of this.#days) need("day", day, visitors);
    for (const [hour, visitors] of this.#hours) need("hour", hour, visitors);
    const wanted = [...needed].map(([of, cells]) => ({ of, cells }));
    const { hi, lo } = this.#subject;
    const contents = await reader.blocks(
      wanted.map(({ of, cells }) => ({
        of,
        between: [...cells.keys()].map(
          (cell) =>
            [
              { hi, lo, cell },
              { hi, lo, cell },
            ] as const,
        ),
      })),
    );
    for (const [place, blocks] of contents.entries())
      for (const content of blocks) this.#read(content, wanted[place]?.cells ?? new Map());
  }

  #read(content: Uint8Array, cells: ReadonlyMap<number, Visitors>): void {
    const block = new BlockReader(content);
    while (block.advance()) {
      if (!block.isAt(this.#subject)) continue;
      const visitors = cells.get(block.cell);
      if (visitors === undefined) continue;
      // How many they are, which is known.
      block.value.varint();
      visitors.merged?.mergeFrom(block.value);
    }
  }

  /** By the first hour of each step of the series. */
  steps(): Map<number, number> {
    const { unit } = this.#range;
    const uniques = new Map<number, number>();
    for (const [period, visitors] of unit === "hour" ? this.#hours : this.#days) {
      const start = unitStart(unit, unit === "hour" ? period : period * 24);
      uniques.set(start, (uniques.get(start) ?? 0) + countOf(visitors));
    }
    return uniques;
  }

  total(): number {
    const edgeDays = new Map<number, Sketch>();
    for (const hour of this.#edges) {
      const day = edgeDays.get(dayOfHour(hour)) ?? new Sketch();
      edgeDays.set(dayOfHour(hour), day);
      const visitors = this.#hours.get(hour);
      const sketch = visitors?.merged ?? visitors?.tuples;
      if (sketch !== undefined) day.merge(sketch);
    }
    let unique = 0;
    for (const sketch of edgeDays.values()) unique += sketch.estimate();
    for (const [day, visitors] of this.#days) if (!edgeDays.has(day)) unique += countOf(visitors);
    return unique;
  }
}

function countOf({ merged, tuples, tables }: Visitors): number {
  return (merged ?? tuples)?.estimate() ?? tables[0]?.unique ?? 0;
}

function visitorsOf(periods: Map<number, Visitors>, period: number): Visitors {
  let visitors = periods.get(period);
  if (visitors === undefined) {
    visitors = { tuples: undefined, tables: [], merged: undefined };
    periods.set(period, visitors);
  }
  return visitors;
}
