import type { ByteReader, ByteWriter } from "./bytes.ts";
import { botDimension, dimensionCount, type Grain, groupsCell, sketchCell, totalsCell } from "./keys.ts";
import { dayOfHour, monthOfDay } from "./periods.ts";
import { Sketch } from "./sketch.ts";
import type { Remap, Tuple } from "./tuples.ts";
import type { BlockValues, Values } from "./values.ts";

/** What a period had: clicks of people, of bots, and about how many visitors. */
export interface Total {
  people: number;
  bots: number;
  unique: number;
}

/** What a subject had in each hour that is still told apart, and in each day. */
export class Totals {
  readonly hours = new Map<number, Total>();
  readonly days = new Map<number, Total>();

  add(hour: number, people: number, bots: number): void {
    addTo(this.hours, hour, people, bots, 0);
    addTo(this.days, dayOfHour(hour), people, bots, 0);
  }

  write(to: ByteWriter): void {
    for (const totals of [this.hours, this.days]) {
      const sorted = [...totals].sort((a, b) => a[0] - b[0]);
      to.varint(sorted.length);
      let last = 0;
      for (const [period, { people, bots, unique }] of sorted) {
        to.varint(period - last);
        last = period;
        to.varint(people);
        to.varint(bots);
        to.varint(unique);
      }
    }
  }

  /** Adds what `write` wrote; estimates of visitors can't be added, and only the last one is kept. */
  addFrom(from: ByteReader): void {
    for (const totals of [this.hours, this.days]) {
      let period = 0;
      for (let left = from.varint(); left > 0; left--) {
        period += from.varint();
        addTo(totals, period, from.varint(), from.varint(), from.varint());
      }
    }
  }
}

function addTo(totals: Map<number, Total>, period: number, people: number, bots: number, unique: number): void {
  const total = totals.get(period);
  if (total === undefined) totals.set(period, { people, bots, unique });
  else {
    total.people += people;
    total.bots += bots;
    total.unique = unique;
  }
}

/**
 * What each value of a dimension had in a period. A value's number is its place in two arrays, which is several times as
 * fast as a `Map`; `clear` makes it empty for the next period.
 */
export class Groups {
  #people = new Float64Array(1024);
  #bots = new Float64Array(1024);
  /** The values that are there. */
  #ids: number[] = [];
  /** Values that are not told apart. */
  otherPeople = 0;
  otherBots = 0;

  get isEmpty(): boolean {
    return this.#ids.length === 0 && this.otherPeople === 0 && this.otherBots === 0;
  }

  clear(): void {
    for (const id of this.#ids) {
      this.#people[id] = 0;
      this.#bots[id] = 0;
    }
    this.#ids = [];
    this.otherPeople = 0;
    this.otherBots = 0;
  }

  /** Of `people` and `bots` one at least is more than 0. */
  add(id: number, people: number, bots: number): void {
    if (id >= this.#people.length) this.#grow(id);
    const before = this.#people[id] ?? 0;
    const botsBefore = this.#bots[id] ?? 0;
    if (before + botsBefore === 0) this.#ids.push(id);
    this.#people[id] = before + people;
    this.#bots[id] = botsBefore + bots;
  }

  addAll(other: Groups): void {
    for (const id of other.#ids) this.add(id, other.#people[id] ?? 0, other.#bots[id] ?? 0);
    this.otherPeople += other.otherPeople;
    this.otherBots += other.otherBots;
  }

  /** Adds the clicks from place `from` to `to`: those of people as they are, those of bots below 0. Each click comes by here. */
  addClicks(ids: Int32Array, clicks: Float64Array, from: number, to: number): void {
    let most = 0;
    for (let at = from; at < to; at++) most = Math.max(most, ids[at] ?? 0);
    if (most >= this.#people.length) this.#grow(most);
    const people = this.#people;
    const bots = this.#bots;
    const seen = this.#ids;
    for (let at = from; at < to; at++) {
      const id = ids[at] ?? 0;
      const count = clicks[at] ?? 0;
      if (people[id] === 0 && bots[id] === 0) seen.push(id);
      if (count > 0) people[id] = (people[id] ?? 0) + count;
      else bots[id] = (bots[id] ?? 0) - count;
    }
  }

  #grow(id: number): void {
    const length = Math.max(2 * this.#people.length, id + 1);
    const [people, bots] = [new Float64Array(length), new Float64Array(length)];
    people.set(this.#people);
    bots.set(this.#bots);
    this.#people = people;
    this.#bots = bots;
  }

  /** Keeps the values with most clicks, of equals the first in order, and counts the rest as other. */
  trim(most: number, textOf: (id: number) => string): void {
    if (this.#ids.length <= most) return;
    const [people, bots] = [this.#people, this.#bots];
    const clicks = (id: number) => (people[id] ?? 0) + (bots[id] ?? 0);
    const ranked = this.#ids.sort((a, b) => clicks(b) - clicks(a) || (textOf(a) < textOf(b) ? -1 : 1));
    for (const id of ranked.splice(most)) {
      this.otherPeople += people[id] ?? 0;
      this.otherBots += bots[id] ?? 0;
      people[id] = 0;
      bots[id] = 0;
    }
  }

  write(to: ByteWriter, dimension: number, values: BlockValues): void {
    to.varint(this.otherPeople);
    to.varint(this.otherBots);
    for (const counts of [this.#people, this.#bots]) {
      let size = 0;
      for (const id of this.#ids) if (counts[id] !== 0) size++;
      to.varint(size);
      for (const id of this.#ids) {
        const clicks = counts[id] ?? 0;
        if (clicks === 0) continue;
        to.varint(values.local(dimension, id));
        to.varint(clicks);
      }
    }
  }

  addFrom(from: ByteReader, dimension: number, remap: Remap): void {
    this.otherPeople += from.varint();
    this.otherBots += from.varint();
    const ids = remap[dimension];
    for (const isBot of [false, true])
      for (let left = from.varint(); left > 0; left--) {
        const id = ids?.[from.varint()] ?? 0;
        const clicks = from.varint();
        this.add(id, isBot ? 0 : clicks, isBot ? clicks : 0);
      }
  }
}

/** A cell of a table that is not yet in a run. */
export interface TableCell {
  readonly cell: number;
  /** Until the next cell is made; nobody changes it. */
  readonly content: Sketch | Totals | Groups;
}

const grains: readonly Grain[] = ["month", "day", "hour"];

/**
 * Makes the tables of a subject out of its tuples, which are in the order of their hours: cell after cell, in the order of a
 * run. Hours before `hoursFrom` are not told apart.
 */
export function* tablesOf(tuples: readonly Tuple[], hoursFrom: number): Generator<TableCell, undefined> {
  const totals = new Totals();
  const sketches: Sketches = { day: new Map(), hour: new Map() };
  addTotals(totals, sketches, tuples, hoursFrom);
  for (const grain of ["day", "hour"] as const)
    for (const [period, sketch] of sketches[grain]) {
      const total = (grain === "day" ? totals.days : totals.hours).get(period);
      if (total !== undefined) total.unique = sketch.estimate();
      yield { cell: sketchCell(grain, period), content: sketch };
    }
  for (const hour of totals.hours.keys()) if (hour < hoursFrom) totals.hours.delete(hour);
  yield { cell: totalsCell, content: totals };
  yield* groupsOf(tuples, hoursFrom);
}

type Sketches = Readonly<Record<"day" | "hour", Map<number, Sketch>>>;

function addTotals(totals: Totals, sketches: Sketches, tuples: readonly Tuple[], hoursFrom: number): void {
  for (const { hour, row, clicks, visitors } of tuples) {
    const isBot = row[botDimension] !== 0;
    totals.add(hour, isBot ? 0 : clicks, isBot ? clicks : 0);
    if (visitors.length === 0) continue;
    const day = sketchOf(sketches.day, dayOfHour(hour));
    for (const visitor of visitors) day.add(visitor);
    if (hour < hoursFrom) continue;
    const told = sketchOf(sketches.hour, hour);
    for (const visitor of visitors) told.add(visitor);
  }
}

function* groupsOf(tuples: readonly Tuple[], hoursFrom: number): Generator<TableCell, undefined> {
  const { clicks, periods } = columnsOf(tuples, hoursFrom);
  const ids = new Int32Array(tuples.length);
  const groups = new Groups();
  for (let dimension = 0; dimension < dimensionCount; dimension++) {
    takeColumn(tuples, dimension, ids);
    // Where one day is all of a month, it need not be added up again.
    let [heldFrom, heldTo] = [0, 0];
    for (const [place, grain] of grains.entries()) {
      const of = periods[place] as Int32Array;
      for (let from = 0, to = 0; from < tuples.length; from = to) {
        to = endOfPeriod(of, from);
        const period = of[from] ?? -1;
        if (period < 0) continue;
        if (from !== heldFrom || to !== heldTo) {
          groups.clear();
          groups.addClicks(ids, clicks, from, to);
          [heldFrom, heldTo] = [from, to];
        }
        yield { cell: groupsCell(dimension, grain, period), content: groups };
      }
    }
    groups.clear();
  }
}

// A generator's own loops are slow, as are those of `from` and `map`, so these are functions.

/** What `addClicks` takes, and the month, day and hour of each tuple; hour -1: it is not told apart. */
function columnsOf(tuples: readonly Tuple[], hoursFrom: number) {
  const clicks = new Float64Array(tuples.length);
  const months = new Int32Array(tuples.length);
  const days = new Int32Array(tuples.length);
  const hours = new Int32Array(tuples.length);
  for (let at = 0; at < tuples.length; at++) {
    const tuple = tuples[at] as Tuple;
    const day = dayOfHour(tuple.hour);
    clicks[at] = tuple.row[botDimension] === 0 ? tuple.clicks : -tuple.clicks;
    months[at] = monthOfDay(day);
    days[at] = day;
    hours[at] = tuple.hour < hoursFrom ? -1 : tuple.hour;
  }
  return { clicks, periods: [months, days, hours] };
}

function takeColumn(tuples: readonly Tuple[], dimension: number, into: Int32Array): void {
  for (let at = 0; at < tuples.length; at++) into[at] = tuples[at]?.row[dimension] ?? 0;
}

function endOfPeriod(periods: Int32Array, from: number): number {
  let to = from + 1;
  while (to < periods.length && periods[to] === periods[from]) to++;
  return to;
}

function sketchOf(sketches: Map<number, Sketch>, period: number): Sketch {
  let sketch = sketches.get(period);
  if (sketch === undefined) {
    sketch = new Sketch();
    sketches.set(period, sketch);
  }
  return sketch;
}

/** How many values of a dimension are kept of a period that is over, and of one that is not, or may get late clicks. */
const keptGroups: Readonly<Record<Grain, number>> = { hour: 1000, day: 1000, month: 2000 };
const keptWhileOpen = 4;

export function trimGroups(
  groups: Groups,
  place: { readonly dimension: number; readonly grain: Grain },
  open: boolean,
  values: Values,
): void {
  const most = keptGroups[place.grain] * (open ? keptWhileOpen : 1);
  groups.trim(most, (id) => values.text(place.dimension, id));
}
