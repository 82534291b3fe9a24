import { type ClickAnswer, type ClickQuery, dimensions } from "../../core/click.ts";
import { BlockReader } from "./block.ts";
import { GroupSums } from "./group-sums.ts";
import {
  botDimension,
  type CellKey,
  cellKind,
  groupsCell,
  keyOfSubject,
  type SubjectKey,
  totalsCell,
  tuplesCell,
} from "./keys.ts";
import { hourMs, type Parts, type Span, unitStart } from "./periods.ts";
import { type Range, rangeOf } from "./range.ts";
import type { PlacedRun, RunReader } from "./reader.ts";
import { Totals } from "./tables.ts";
import { readTuples, type Tuple } from "./tuples.ts";
import { Uniques } from "./uniques.ts";

/** After so many ms other work of the process has its turn. */
const longest = 4;

/** Answers out of the runs that are there. Hours before `hoursFrom` are not told apart any more. */
export async function answer(
  reader: RunReader,
  runs: readonly PlacedRun[],
  query: ClickQuery,
  hoursFrom: number,
): Promise<ClickAnswer> {
  const range = rangeOf(query, hoursFrom);
  const subject = keyOfSubject(query.subject);
  const dimension = query.by === null ? undefined : dimensions.indexOf(query.by);
  const bots = query.bots || query.by === "bot";
  const touched = runs.filter(({ run }) => run.from < range.to && run.to >= range.from);
  const wanted = cellsWanted(subject, dimension, range.parts);
  const contents = await reader.blocks(touched.map((of) => ({ of, between: wanted })));
  const sum = new Sum(range, subject, dimension);
  let began = performance.now();
  for (const [place, blocks] of contents.entries()) {
    sum.add(touched[place] as PlacedRun, blocks);
    // Whoever reads statistics in this process holds up nobody's redirect for long.
    if (performance.now() - began < longest) continue;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  }
  await sum.uniques.load(reader);
  return { unit: range.unit, ...sum.result(bots) };
}

type Between = readonly [CellKey, CellKey];

function cellsWanted({ hi, lo }: SubjectKey, dimension: number | undefined, parts: Parts): Between[] {
  const at = (cell: number): CellKey => ({ hi, lo, cell });
  const groups = (grain: "month" | "day" | "hour", spans: readonly Span[]): Between[] =>
    dimension === undefined
      ? []
      : spans.map(({ from, to }) => [at(groupsCell(dimension, grain, from)), at(groupsCell(dimension, grain, to - 1))]);
  return [
    [at(tuplesCell), at(tuplesCell)],
    [at(totalsCell), at(totalsCell)],
    ...groups("month", parts.months),
    ...groups("day", parts.days),
    ...groups("hour", parts.hours),
  ];
}

class Sum {
  readonly uniques: Uniques;
  readonly #range: Range;
  readonly #subject: SubjectKey;
  readonly #dimension: number | undefined;
  /** By the first hour of their unit. */
  readonly #steps = new Map<number, { people: number; bots: number }>();
  readonly #groups = new GroupSums();
  #people = 0;
  #bots = 0;

  constructor(range: Range, subject: SubjectKey, dimension: number | undefined) {
    this.#range = range;
    this.#subject = subject;
    this.uniques = new Uniques(range, subject);
    this.#dimension = dimension;
  }

  add(of: PlacedRun, blocks: readonly Uint8Array[]): void {
    for (const content of blocks) {
      const block = new BlockReader(content);
      this.#groups.begin(this.#dimension === undefined ? undefined : block.lazyTexts(this.#dimension));
      while (block.advance()) {
        if (!block.isAt(this.#subject)) {
          if (block.hi > this.#subject.hi || (block.hi === this.#subject.hi && block.lo > this.#subject.lo)) break;
          continue;
        }
        if (block.cell === tuplesCell) this.#addTuples(block);
        else if (block.cell === totalsCell) this.#addTotals(of, block);
        else if (block.cell > totalsCell) this.#addGroups(block);
      }
    }
  }

  #addTuples(block: BlockReader): void {
    const tuples: Tuple[] = [];
    readTuples(block.value, block.ownNumbers(), tuples);
    const { from, to } = this.#range;
    for (const { hour, row, clicks, visitors } of tuples) {
      if (hour < from || hour >= to) continue;
      const isBot = row[botDimension] !== 0;
      const people = isBot ? 0 : clicks;
      const bots = isBot ? clicks : 0;
      this.#count(hour, people, bots);
      if (this.#dimension !== undefined) this.#groups.add(row[this.#dimension] ?? 0, people, bots);
      if (visitors.length > 0) this.uniques.addTuple(hour, visitors);
    }
  }

  #addTotals(of: PlacedRun, block: BlockReader): void {
    const totals = new Totals();
    totals.addFrom(block.value);
    const { unit, from, to } = this.#range;
    if (unit === "hour")
      for (const [hour, { people, bots, unique }] of totals.hours) {
        if (hour < from || hour >= to) continue;
        this.#count(hour, people, bots);
        this.uniques.addTable(of, "hour", hour, unique);
      }
    for (const [day, { people, bots, unique }] of totals.days) {
      if (day * 24 < from || day * 24 + 24 > to) continue;
      if (unit !== "hour") this.#count(day * 24, people, bots);
      this.uniques.addTable(of, "day", day, unique);
    }
  }

  #addGroups(block: BlockReader): void {
    const place = cellKind(block.cell);
    if (place.kind !== "groups" || place.dimension !== this.#dimension) return;
    const { months, days, hours } = this.#range.parts;
    const spans = place.grain === "month" ? months : place.grain === "day" ? days : hours;
    if (!spans.some(({ from, to }) => place.period >= from && place.period < to)) return;
    this.#groups.addFrom(block.value);
  }

  #count(hour: number, people: number, bots: number): void {
    this.#people += people;
    this.#bots += bots;
    const start = unitStart(this.#range.unit, hour);
    const step = this.#steps.get(start);
    if (step === undefined) this.#steps.set(start, { people, bots });
    else {
      step.people += people;
      step.bots += bots;
    }
  }

  result(withBots: boolean): Omit<ClickAnswer, "unit"> {
    const uniques = this.uniques.steps();
    const clicksOf = ({ people, bots }: { people: number; bots: number }) => people + (withBots ? bots : 0);
    const series = [...this.#steps]
      .map(([start, step]) => ({ start: start * hourMs, clicks: clicksOf(step), unique: uniques.get(start) ?? 0 }))
      .filter(({ clicks }) => clicks > 0)
      .sort((a, b) => a.start - b.start);
    const groups = this.#dimension === undefined ? [] : this.#groups.ranked(withBots);
    return { total: this.#people, bots: this.#bots, unique: this.uniques.total(), series, groups };
  }
}
