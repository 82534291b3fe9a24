import { WrongUsage } from "./shell.ts";

const units: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Whether a text has the form of an RFC 3339 date and time. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * A time as an option takes it, in RFC 3339 UTC: RFC 3339 itself, or a time from `now` (ms) on such as `90m`, `2h`,
 * `30d`, `4w`. Throws `WrongUsage`.
 */
export function timeOption(flag: string, text: string, now: number): string {
  const [, count, unit] = text.match(/^(\d{1,6})([mhdw])$/) ?? [];
  if (count !== undefined && unit !== undefined)
    return new Date(now + Number(count) * (units[unit] ?? 0)).toISOString();
  const at = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new WrongUsage(
    `${flag}: got ${JSON.stringify(text)}, takes a time such as 2027-01-31T12:00:00Z, or from now on 90m, 2h, 30d, 4w.`,
  );
}

/**
 * A time that is over, in RFC 3339 UTC: RFC 3339 itself, a day (its start, UTC) or how long before `now` (ms), such as `12h`,
 * `7d`, `4w`. Throws `WrongUsage`.
 */
export function pastTime(flag: string, text: string, now: number): string {
  const [, count, unit] = text.match(/^(\d{1,6})([mhdw])$/) ?? [];
  const at =
    count !== undefined && unit !== undefined
      ? now - Number(count) * (units[unit] ?? 0)
      : rfc3339.test(text) || /^\d{4}-\d{2}-\d{2}$/.test(text)
        ? Date.parse(text)
        : Number.NaN;
  if (Math.abs(at) <= 8.64e15) return new Date(at).toISOString();
  throw new WrongUsage(
    `${flag}: got ${JSON.stringify(text)}, takes a time such as 2027-01-31T12:00:00Z, a day such as 2027-01-31, or 12h, 7d, 4w ago.`,
  );
}
