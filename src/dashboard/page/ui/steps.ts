import type { Step, Unit } from "../../../client/client.ts";

export const hour = 3_600_000;
export const day = 24 * hour;

/** A range of counts: whole steps of one unit, in UTC. `to` is where the last one ends. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly unit: Unit;
}

/** One step as it is drawn. */
export interface Drawn {
  readonly start: number;
  readonly clicks: number;
  readonly visitors: number;
  readonly bots: number;
}

/** The start of the step that holds a time. Weeks begin on Monday. */
export function floor(time: number, unit: Unit): number {
  const at = new Date(time);
  if (unit === "month") return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
  if (unit === "hour") return Math.floor(time / hour) * hour;
  const start = Math.floor(time / day) * day;
  return unit === "day" ? start : start - ((at.getUTCDay() + 6) % 7) * day;
}

export function next(start: number, unit: Unit): number {
  const at = new Date(start);
  if (unit === "month") return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
  return start + (unit === "hour" ? hour : unit === "day" ? day : 7 * day);
}

/** The unit that gives a range some 20 to 170 steps. */
export function unitFor(span: number): Unit {
  if (span <= 8 * day) return "hour";
  if (span <= 190 * day) return "day";
  return span <= 3 * 366 * day ? "week" : "month";
}

/** A range as whole steps. */
export function whole(from: number, to: number, unit = unitFor(to - from)): Range {
  const first = floor(from, unit);
  const last = floor(Math.max(to - 1, first), unit);
  return { from: first, to: next(last, unit), unit };
}

/** The range of the last so many ms. */
export function latest(span: number, now: number): Range {
  const unit = unitFor(span);
  return unit === "hour" ? whole(now - span + hour, now + 1, unit) : whole(now - span + day, now + 1, unit);
}

/** Every step of a range, with nothing where the answer names none. `all`: the same series with bots in it. */
export function drawn(range: Range, people: readonly Step[], all: readonly Step[]): Drawn[] {
  const by = (series: readonly Step[]) => new Map(series.map((step) => [Date.parse(step.start), step]));
  const [of, withBots] = [by(people), by(all)];
  const steps: Drawn[] = [];
  for (let start = range.from; start < range.to && steps.length < 2000; start = next(start, range.unit)) {
    const step = of.get(start);
    const clicks = step?.clicks ?? 0;
    const bots = Math.max(0, (withBots.get(start)?.clicks ?? clicks) - clicks);
    steps.push({ start, clicks, visitors: step?.unique ?? 0, bots });
  }
  return steps;
}

/** At most `most` round numbers above zero for the grid. */
export function gridOf(highest: number, most: number): number[] {
  if (highest <= 0) return [];
  const rough = highest / most;
  const size = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 2.5, 5, 10]
    .map((one) => one * size)
    .filter((one) => one >= 1 && (one === 1 || Number.isInteger(one)));
  const step = Math.max(
    1,
    nice.reduce((best, one) => (Math.abs(one - rough) < Math.abs(best - rough) ? one : best), nice[0] ?? 1),
  );
  return Array.from({ length: most }, (_, i) => (i + 1) * step).filter(
    (line) => line <= highest * 1.12 || line === step,
  );
}

/** First, last and two or three round dates between: which steps are named on the axis. */
export function dated(range: Range, steps: readonly Drawn[], most: number): number[] {
  if (steps.length < 2) return steps.map((_, i) => i);
  const isRound = (start: number) => {
    const at = new Date(start);
    if (range.unit === "hour") return steps.length > 48 ? at.getUTCHours() === 0 : at.getUTCHours() % 6 === 0;
    if (range.unit === "day")
      return steps.length > 45 ? at.getUTCDate() === 1 : at.getUTCDate() === 1 || at.getUTCDate() === 15;
    return range.unit === "week" ? at.getUTCDate() <= 7 : at.getUTCMonth() === 0;
  };
  const last = steps.length - 1;
  const far = Math.ceil(steps.length / (most + 2));
  const round: number[] = [];
  for (const [i, step] of steps.entries()) {
    const before = round.at(-1) ?? 0;
    if (isRound(step.start) && i - before >= far && last - i >= far) round.push(i);
  }
  const every = Math.max(1, Math.ceil(round.length / most));
  return [0, ...round.filter((_, i) => i % every === 0), last];
}
