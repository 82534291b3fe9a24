import type { ClickUnit } from "../core/click.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** 1970 began on a Thursday, weeks begin on Monday. */
const firstMonday = 4 * day;

/** The start (ms) of the step of a unit that holds a time. All units are those of UTC. */
export function stepOf(unit: ClickUnit, ms: number): number {
  if (unit === "hour") return ms - (ms % hour);
  if (unit === "day") return ms - (ms % day);
  if (unit === "week") return ms - ((((ms - firstMonday) % (7 * day)) + 7 * day) % (7 * day));
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The starts of all steps from the one that holds `from` up to the one before `to`; at most `most`, the last ones. */
export function stepsBetween(unit: ClickUnit, from: number, to: number, most: number): number[] {
  const steps: number[] = [];
  for (
    let start = stepOf(unit, to - 1);
    start + 1 > stepOf(unit, from) && steps.length < most;
    start = stepOf(unit, start - 1)
  )
    steps.push(start);
  return steps.reverse();
}

/** A step as people read it, short. */
export function stepName(unit: ClickUnit, ms: number): string {
  const text = new Date(ms).toISOString();
  if (unit === "hour") return text.slice(0, 16).replace("T", " ");
  return unit === "month" ? text.slice(0, 7) : text.slice(0, 10);
}
