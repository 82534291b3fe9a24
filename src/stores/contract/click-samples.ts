import {
  type ClickBatch,
  type ClickQuery,
  type ClickStore,
  type Dimension,
  dimensions,
  type Tally,
  type Visit,
} from "../../core/click.ts";

const hourMs = 3_600_000;

/** The hour that it is: what is older than a retention is judged by the clock. */
export function thisHour(): number {
  return Math.floor(Date.now() / hourMs);
}

/** Ids of links, as `clickIdOf` makes them. */
export function linkId(number: number): string {
  return Bun.hash.wyhash(`link ${number}`).toString(16).padStart(16, "0");
}

/** 52 bits of hash. */
export function visitorId(number: number): number {
  return Number(Bun.hash.wyhash(`visitor ${number}`) >> 12n);
}

export function valuesOf(values: Partial<Record<Dimension, string>>): string[] {
  return dimensions.map((dimension) => values[dimension] ?? "");
}

export function tally(change: Partial<Tally> & { readonly by?: Partial<Record<Dimension, string>> } = {}): Tally {
  const { by = {}, ...rest } = change;
  return { link: linkId(1), tags: [], hour: thisHour(), values: valuesOf(by), clicks: 1, visitors: [], ...rest };
}

export function batch(number: number, tallies: readonly Tally[], change: Partial<ClickBatch> = {}): ClickBatch {
  return { writer: "node-1", number, position: `position ${number}`, tallies, visits: [], ...change };
}

export function visit(time: number, value = "", link = linkId(1)): Visit {
  return { link, time, values: valuesOf({ referrer: value }) };
}

/** The last 80 days of a link, in days. */
export function clickQuery(change: Partial<ClickQuery> = {}): ClickQuery {
  const to = (thisHour() + 1) * hourMs;
  const from = to - 80 * 24 * hourMs;
  return { subject: { of: "link", link: linkId(1) }, from, to, unit: "day", by: null, bots: false, ...change };
}

/** Housekeeping until there is nothing to do. */
export async function tendAll(clicks: ClickStore, writer: string, now = Date.now()): Promise<void> {
  for (let rounds = 0; await clicks.tend(writer, now, 5); rounds++)
    if (rounds === 10_000) throw new Error("The housekeeping does not end.");
}
