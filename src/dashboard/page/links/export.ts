import type { Link } from "../../../client/client.ts";
import { save } from "../ui/save.ts";
import { type Filter, listLinks } from "./filter.ts";

const columns = [
  ...(["slug", "url", "title", "tags", "note", "redirectStatus", "validFrom", "validUntil"] as const),
  ...(["maxClicks", "disabled", "forwardQuery", "createdAt"] as const),
];
/** Links that are asked for at a time. */
const pageSize = 1000;

/** What a table program takes for a formula gets `'` in front, as in the program's own export; import takes it away again. */
function guarded(text: string): string {
  return /^'*([=+\-@\t\r\n]|$)/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** Several tags in one cell: a line of CSV inside it. */
function tagsCell(tags: readonly string[]): string {
  const plain = tags.every((tag) => !/[",\r\n]/.test(tag) && tag.trim() === tag && tag !== "");
  return tags.map(plain ? (tag) => tag : quoted).join(",");
}

function cell(name: (typeof columns)[number], link: Link): string {
  const value = link[name];
  let text = String(value ?? "");
  if (name === "tags") text = link.tags.length === 0 ? "" : guarded(tagsCell(link.tags));
  else if (name === "slug" || name === "title" || name === "note") text = value == null ? "" : guarded(text);
  return /[",\r\n]|^\s|\s$/.test(text) ? quoted(text) : text;
}

/** Links as `curt import` and the page's own import read them back. */
export function csvOf(links: readonly Link[]): string {
  return links.map((link) => `${columns.map((name) => cell(name, link)).join(",")}\n`).join("");
}

const head = `${columns.join(",")}\n`;

const nameOf = () => `curt-${new Date().toISOString().slice(0, 10)}.csv`;

export function exportLinks(links: readonly Link[]): void {
  save([head, csvOf(links)], nameOf(), "text/csv");
}

/** All that a filter lets through. The browser keeps the parts of a file on disk; memory holds a page. Throws `Problem`. */
export async function exportAll(filter: Filter, progress: (n: number) => void): Promise<number> {
  let cursor: string | null = null;
  let n = 0;
  let whole = new Blob([head]);
  do {
    const { links, next } = await listLinks(filter, pageSize, cursor);
    whole = new Blob([whole, csvOf(links)]);
    n += links.length;
    cursor = next;
    progress(n);
  } while (cursor !== null);
  save([whole], nameOf(), "text/csv");
  return n;
}
