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

/** What each value of a dimension had in a period. */
export class Groups {
  readonly people = new Map<number, number>();
  readonly bots = new Map<number, number>();
  /** Values that are not told apart. */
  otherPeople = 0;
  otherBots = 0;

  add(id: number, people: number, bots: number): void {
    if (people > 0) this.people.set(id, (this.people.get(id) ?? 0) + people);
    if (bots > 0) this.bots.set(id, (this.bots.get(id) ?? 0) + bots);
  }

  addAll(other: Groups): void {
    for (const [id, clicks] of other.people) this.people.set(id, (this.people.get(id) ?? 0) + clicks);
    for (const [id, clicks] of other.bots) this.bots.set(id, (this.bots.get(id) ?? 0) + clicks);
    this.otherPeople += other.otherPeople;
    this.otherBots += other.otherBots;
  }

  /** Keeps the values with most clicks, of equals the first in order, and counts the rest as other. */
  trim(most: number, textOf: (id: number) => string): void {
    if (this.people.size <= most && this.bots.size <= most && this.people.size + this.bots.size <= most) return;
    const ids = new Set([...this.people.keys(), ...this.bots.keys()]);
    if (ids.size <= most) return;
    const clicks = (id: number) => (this.people.get(id) ?? 0) + (this.bots.get(id) ?? 0);
    const ranked = [...ids].sort((a, b) => clicks(b) - clicks(a) || (textOf(a) < textOf(b) ? -1 : 1));
    for (const id of ranked.slice(most)) {
      this.otherPeople += this.people.get(id) ?? 0;
      this.otherBots += this.bots.get(id) ?? 0;
      this.people.delete(id);
      this.bots.delete(id);
    }
  }

  write(to: ByteWriter, dimension: number, values: BlockValues): void {
    to.varint(this.otherPeople);
    to.varint(this.otherBots);
    for (const counts of [this.people, this.bots]) {
      to.varint(counts.size);
      for (const [id, clicks] of counts) {
        to.varint(values.local(dimension, id));
        to.varint(clicks);
      }
    }
  }

  addFrom(from: ByteReader, dimension: number, remap: Remap): void {
    this.otherPeople += from.varint();
    this.otherBots += from.varint();
    const ids = remap[dimension];
    for (const counts of [this.people, this.bots])
      for (let left = from.varint(); left > 0; left--) {
        const id = ids?.[from.varint()] ?? 0;
        counts.set(id, (counts.get(id) ?? 0) + from.varint());
      }
  }
}

/** A cell of a table that is not yet in a run. */
export interface TableCell {
  readonly cell: number;
  readonly content: Sketch | Totals | Groups;
}

/** Makes the tables of a subject out of its tuples. Hours before `hoursFrom` are not told apart. */
export function tablesOf(tuples: readonly Tuple[], hoursFrom: number): TableCell[] {
  const totals = new Totals();
  const sketches = new Map<number, Sketch>();
  const hours = new Map<number, Groups[]>();
  for (const { hour, row, clicks, visitors } of tuples) {
    const isBot = row[botDimension] !== 0;
    totals.add(hour, isBot ? 0 : clicks, isBot ? clicks : 0);
    let groups = hours.get(hour);
    if (groups === undefined) {
      groups = Array.from({ length: dimensionCount }, () => new Groups());
      hours.set(hour, groups);
    }
    for (let dimension = 0; dimension < dimensionCount; dimension++) {
      const group = groups[dimension] as Groups;
      const counts = isBot ? group.bots : group.people;
      const id = row[dimension] ?? 0;
      counts.set(id, (counts.get(id) ?? 0) + clicks);
    }
    if (visitors.length === 0) continue;
    const sketch = sketchOf(sketches, hour);
    for (const visitor of visitors) sketch.add(visitor);
  }
  const cells: TableCell[] = [];
  const days = new Map<number, Sketch>();
  for (const [hour, sketch] of sketches) {
    sketchOf(days, dayOfHour(hour)).merge(sketch);
    if (hour < hoursFrom) continue;
    (totals.hours.get(hour) as Total).unique = sketch.estimate();
    cells.push({ cell: sketchCell("hour", hour), content: sketch });
  }
  for (const [day, sketch] of days) {
    (totals.days.get(day) as Total).unique = sketch.estimate();
    cells.push({ cell: sketchCell("day", day), content: sketch });
  }
  for (const hour of totals.hours.keys()) if (hour < hoursFrom) totals.hours.delete(hour);
  cells.push({ cell: totalsCell, content: totals });
  pushGroups(cells, hours, hoursFrom);
  return cells.sort((a, b) => a.cell - b.cell);
}

function pushGroups(cells: TableCell[], hours: ReadonlyMap<number, Groups[]>, hoursFrom: number): void {
  const sums = new Map<number, Groups>();
  const addTo = (dimension: number, grain: Grain, period: number, groups: Groups) => {
    const cell = groupsCell(dimension, grain, period);
    const sum = sums.get(cell);
    if (sum !== undefined) return sum.addAll(groups);
    const made = new Groups();
    made.addAll(groups);
    sums.set(cell, made);
  };
  for (const [hour, all] of hours)
    for (const [dimension, groups] of all.entries()) {
      const day = dayOfHour(hour);
      addTo(dimension, "day", day, groups);
      addTo(dimension, "month", monthOfDay(day), groups);
      if (hour >= hoursFrom) cells.push({ cell: groupsCell(dimension, "hour", hour), content: groups });
    }
  for (const [cell, content] of sums) cells.push({ cell, content });
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
