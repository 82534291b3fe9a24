import { type ClickId, type ClickSubject, dimensions } from "../../core/click.ts";

/** Whom a cell of a run counts, as two numbers that sort: which kind and the first 32 bits; the other 32. */
export interface SubjectKey {
  readonly hi: number;
  readonly lo: number;
}

const space = 2 ** 32;
export const allKey: SubjectKey = { hi: 0, lo: 0 };
export const unknownKey: SubjectKey = { hi: 0, lo: 1 };

export function linkKey(link: ClickId): SubjectKey {
  const [hi, lo] = link.length === 16 ? [hex(link, 0), hex(link, 8)] : [-1, -1];
  return hi < 0 || lo < 0 ? hashed(3, link) : { hi: 2 * space + hi, lo };
}

/** Eight hexadecimal digits as a number; -1 if they are none. Each click comes by here. */
function hex(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + 8; at++) {
    const code = text.charCodeAt(at);
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

export function tagKey(tag: string): SubjectKey {
  return hashed(1, tag);
}

export function keyOfSubject(subject: ClickSubject): SubjectKey {
  if (subject.of === "link") return linkKey(subject.link);
  if (subject.of === "tag") return tagKey(subject.tag);
  return subject.of === "all" ? allKey : unknownKey;
}

function hashed(kind: number, text: string): SubjectKey {
  const digest = new Bun.CryptoHasher("sha256").update(text).digest();
  return { hi: kind * space + digest.readUInt32BE(0), lo: digest.readUInt32BE(4) };
}

/**
 * What a subject has in a run: either one cell of tuples or, when these would be many, tables: the sketches of days and
 * hours, then the totals, then what each value of a dimension had in months, days and hours. Cells are sorted by number.
 */
export const tuplesCell = 0;
export const totalsCell = 2 * 2 ** 30;

export type Grain = "month" | "day" | "hour";
const grains: readonly Grain[] = ["month", "day", "hour"];
const periods = 2 ** 25;

export function sketchCell(grain: Grain, period: number): number {
  return 2 ** 30 + grains.indexOf(grain) * periods + period;
}

export function groupsCell(dimension: number, grain: Grain, period: number): number {
  return 3 * 2 ** 30 + (dimension * 4 + grains.indexOf(grain)) * periods + period;
}

export type CellKind =
  | { readonly kind: "tuples" | "totals" }
  | { readonly kind: "sketch"; readonly grain: Grain; readonly period: number }
  | { readonly kind: "groups"; readonly grain: Grain; readonly period: number; readonly dimension: number };

export function cellKind(cell: number): CellKind {
  if (cell === tuplesCell) return { kind: "tuples" };
  if (cell === totalsCell) return { kind: "totals" };
  const period = cell % periods;
  if (cell < totalsCell) return { kind: "sketch", grain: grains[Math.floor(cell / periods) - 32] ?? "day", period };
  const place = Math.floor(cell / periods) - 96;
  return { kind: "groups", grain: grains[place % 4] ?? "day", period, dimension: Math.floor(place / 4) };
}

export const dimensionCount = dimensions.length;
export const botDimension = dimensions.indexOf("bot");

/** A cell's place among all of a run. */
export interface CellKey extends SubjectKey {
  readonly cell: number;
}
