import { Cell } from "./cell.ts";
import { kept } from "./kept.ts";

/** The language of words, numbers and dates. */
export const language = new Cell<string>(
  kept("language") === "de" ? "de" : kept("language") === "en" ? "en" : preferred(),
);

function preferred(): string {
  return navigator.language.startsWith("de") ? "de" : "en";
}

/** Dates as the person's own region writes them, if it is a region of the language shown. */
function locale(): string {
  const own = navigator.languages.find((one) => one.startsWith(`${language.value}-`) && one !== "en-US");
  return own ?? (language.value === "en" ? "en-GB" : language.value);
}

/** Made once each: making one takes longer than a row does. */
const formats = new Map<string, Format>();
type Format = Intl.NumberFormat | Intl.DateTimeFormat | Intl.DisplayNames;

function formatOf<T extends Format>(key: string, make: () => T): T {
  const found = formats.get(key) as T | undefined;
  if (found !== undefined) return found;
  const made = make();
  formats.set(key, made);
  return made;
}

/** 20,322 */
export function count(value: number): string {
  const code = language.value;
  return formatOf(`number ${code}`, () => new Intl.NumberFormat(code)).format(value);
}

/** 600, 250k, 2.1M: at most three digits that say something. */
export function short(value: number): string {
  if (value < 100_000) return count(value);
  return shorter(value);
}

/** The same from 1,000 on, for axes. */
export function shorter(value: number): string {
  for (const [size, letter] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (value < size) continue;
    const scaled = value / size;
    const digits = scaled >= 100 || Number.isInteger(scaled) ? 0 : scaled >= 10 ? 1 : 2;
    return `${scaled.toLocaleString(language.value, { maximumFractionDigits: digits })}${letter}`;
  }
  return count(value);
}

/** 34 %, 9.4 %. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const value = (100 * part) / whole;
  const [code, digits] = [language.value, value >= 9.95 ? 0 : 1];
  const shape = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${formatOf(`share ${code} ${digits}`, () => new Intl.NumberFormat(code, shape)).format(value)} %`;
}

/** The name of a country or a language in the language shown; the code where there is none. */
export function nameOfCode(type: "region" | "language", code: string): string {
  const shown = language.value;
  const names = formatOf(`${type} ${shown}`, () => new Intl.DisplayNames(shown, { type, fallback: "code" }));
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** "4 min", "8 d": how long ago, in one unit. */
export function age(time: string | number, now = Date.now()): string {
  const seconds = Math.max(0, (now - (typeof time === "number" ? time : Date.parse(time))) / 1000);
  const [hour, day] = [3600, 86_400];
  if (seconds < 1) return language.value === "de" ? "jetzt" : "now";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < hour) return `${Math.floor(seconds / 60)} min`;
  if (seconds < day) return `${Math.floor(seconds / hour)} h`;
  if (seconds < 100 * day) return `${Math.floor(seconds / day)} ${language.value === "de" ? "T" : "d"}`;
  if (seconds < 730 * day) return `${Math.floor(seconds / (30.44 * day))} ${language.value === "de" ? "M" : "mo"}`;
  return `${Math.floor(seconds / (365.25 * day))} ${language.value === "de" ? "J" : "y"}`;
}

export type DateShape = "day" | "year" | "full" | "weekday" | "hour" | "month" | "time";
const shapes: Readonly<Record<DateShape, Intl.DateTimeFormatOptions>> = {
  day: { day: "numeric", month: "short" },
  year: { day: "numeric", month: "short", year: "numeric" },
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short", day: "numeric", month: "short" },
  hour: { weekday: "short", hour: "2-digit", minute: "2-digit" },
  month: { month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
};

/** A time in words. `utc`: steps of counts, which are those of UTC. */
export function date(time: string | number, shape: DateShape, utc = false): string {
  const [code, zone] = [locale(), utc ? { timeZone: "UTC" } : {}];
  return formatOf(`${shape} ${code} ${utc}`, () => new Intl.DateTimeFormat(code, { ...shapes[shape], ...zone }))
    .format(new Date(time))
    .replace(/,/g, shape === "weekday" ? "" : ",");
}

/** "2 Jul", with its year if that is not this one. */
export function day(time: string | number): string {
  const same = new Date(time).getFullYear() === new Date().getFullYear();
  return date(time, same ? "day" : "year");
}

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** An address without what every address begins with. */
export function bare(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/$/, "");
}
