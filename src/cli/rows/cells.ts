import { parse } from "csv-parse/sync";

/** The tags of a cell. Throws if the quotes in it don't match. */
export function tagsOf(cell: string): string[] {
  if (!cell.includes('"'))
    return cell
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "");
  const [tags] = parse(cell, { relax_column_count: true }) as string[][];
  return tags ?? [];
}

/** Yes or no as people and programs write it, or `undefined`. */
export function truthOf(cell: string): boolean | undefined {
  const word = cell.trim().toLowerCase();
  if (["true", "1", "yes", "y", "on"].includes(word)) return true;
  if (["false", "0", "no", "n", "off"].includes(word)) return false;
  return undefined;
}

/** A time as RFC 3339, from RFC 3339 or `2026-01-31 12:00:00` or `2026-01-31` (both UTC); `undefined`: none of them. */
export function timeOf(cell: string): string | undefined {
  const text = cell.trim();
  const [, day, clock = "00:00:00", zone = "Z"] =
    text.match(/^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?([Zz]|[+-]\d{2}:\d{2})?$/) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
