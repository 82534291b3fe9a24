import { stringify } from "csv-stringify/sync";
import { guarded } from "../../core/guarded.ts";
import type { LinkRecord } from "../../core/link.ts";
import { jsonText } from "../../core/safe-json.ts";

/** The columns of a CSV, but `clicks`, which import leaves out. */
export const exportColumns = [
  ...(["slug", "url", "title", "tags", "note", "redirectStatus", "validFrom", "validUntil"] as const),
  ...(["maxClicks", "disabled", "forwardQuery", "createdAt"] as const),
] as const;

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What comes before the first link. */
export function beginningOf(format: ExportFormat): string {
  return format === "csv" ? `${[...exportColumns, "clicks"].join(",")}\n` : "";
}

/**
 * Links as import reads them back: the same link, field by field, with its age. Beside each how often it was followed, which
 * import leaves out.
 */
export function linesOf(format: ExportFormat, links: readonly LinkRecord[], clicks: readonly number[]): string {
  if (format === "jsonl")
    return links.map((link, at) => `${jsonText({ ...fieldsOf(link), clicks: clicks[at] ?? 0 })}\n`).join("");
  const rows = links.map((link, at) => [...cellsOf(link), String(clicks[at] ?? 0)]);
  return stringify(rows, { record_delimiter: "\n", quoted_match: /[\r\n]/ });
}

function fieldsOf(link: LinkRecord) {
  const { slug, url, title, tags, note, redirectStatus, disabled, forwardQuery } = link;
  const { validFrom, validUntil, maxClicks, createdAt } = link;
  const times = { validFrom: time(validFrom), validUntil: time(validUntil) };
  const fields = { slug, url, title, tags, note, redirectStatus, ...times, maxClicks, disabled, forwardQuery };
  return { ...fields, createdAt: time(createdAt) };
}

function cellsOf(link: LinkRecord): string[] {
  const { title, tags, note, ...plain } = fieldsOf(link);
  const texts: Readonly<Record<string, unknown>> = {
    ...plain,
    tags: tags.length === 0 ? "" : guarded(tagsCell(tags)),
    slug: guarded(link.slug),
    title: title === null ? null : guarded(title),
    note: note === null ? null : guarded(note),
  };
  return exportColumns.map((name) => String(texts[name] ?? ""));
}

/** Several tags in one cell: a line of CSV inside it, so `news,"a, b"`. */
export function tagsCell(tags: readonly string[]): string {
  if (tags.every((tag) => !/[",\r\n]/.test(tag) && tag.trim() === tag && tag !== "")) return tags.join(",");
  return stringify([tags as string[]], { record_delimiter: "", quoted: true });
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
