import type { ClickUnit } from "../../core/click.ts";

/** Whole hours, days and months since 1970, all of UTC; weeks begin on Monday. */
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export function dayOfHour(hour: number): number {
  return Math.floor(hour / 24);
}

/** Remembered, as neighbours are asked for one after another. */
let lastDay = Number.NaN;
let lastMonth = 0;

export function monthOfDay(day: number): number {
  if (day !== lastDay) {
    const date = new Date(day * dayMs);
    lastMonth = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
    lastDay = day;
  }
  return lastMonth;
}

export function firstDayOf(month: number): number {
  return Date.UTC(1970, month, 1) / dayMs;
}

/** The first hour of the unit that an hour is in. */
export function unitStart(unit: ClickUnit, hour: number): number {
  if (unit === "hour") return hour;
  const day = dayOfHour(hour);
  if (unit === "day") return day * 24;
  // 1970 began on a Thursday.
  if (unit === "week") return (day - ((((day + 3) % 7) + 7) % 7)) * 24;
  return firstDayOf(monthOfDay(day)) * 24;
}

/** The first hour after the unit that an hour is in. */
export function unitEnd(unit: ClickUnit, hour: number): number {
  const start = unitStart(unit, hour);
  if (unit === "hour") return start + 1;
  if (unit === "day") return start + 24;
  if (unit === "week") return start + 7 * 24;
  return firstDayOf(monthOfDay(dayOfHour(start)) + 1) * 24;
}

/** Runs of whole periods, `to` exclusive, that make up a range of hours: months, the days left, the hours left. */
export interface Parts {
  readonly months: readonly Span[];
  readonly days: readonly Span[];
  readonly hours: readonly Span[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Cuts `from` to `to` (in hours, exclusive) into as few periods as there are. */
export function partsOf(from: number, to: number): Parts {
  const firstDay = Math.ceil(from / 24);
  const lastDay = Math.floor(to / 24);
  if (firstDay >= lastDay)
    return { months: [], days: spans(firstDay, lastDay), hours: edges(from, to, firstDay, lastDay) };
  const hours = [...spans(from, firstDay * 24), ...spans(lastDay * 24, to)];
  const firstMonth = firstDayOf(monthOfDay(firstDay)) === firstDay ? monthOfDay(firstDay) : monthOfDay(firstDay) + 1;
  const lastMonth = monthOfDay(lastDay);
  if (firstMonth >= lastMonth) return { months: [], days: spans(firstDay, lastDay), hours };
  const days = [...spans(firstDay, firstDayOf(firstMonth)), ...spans(firstDayOf(lastMonth), lastDay)];
  return { months: spans(firstMonth, lastMonth), days, hours };
}

/** The hours of a range in which there is no whole day. */
function edges(from: number, to: number, firstDay: number, lastDay: number): Span[] {
  return firstDay > lastDay || firstDay === lastDay ? spans(from, to) : [];
}

function spans(from: number, to: number): Span[] {
  return from < to ? [{ from, to }] : [];
}
