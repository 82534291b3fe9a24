import type { Row } from "./columns.ts";
import { csvRows, type OnIgnored } from "./csv.ts";
import { linesOf } from "./lines.ts";

export const importFormats = ["csv", "jsonl", "urls"] as const;
export type ImportFormat = (typeof importFormats)[number];

/** Reads rows, some at a time, in bounded memory. */
export function readRows(
  format: ImportFormat,
  chunks: AsyncIterable<Uint8Array>,
  onIgnored: OnIgnored,
): AsyncGenerator<Row[]> {
  if (format === "csv") return csvRows(chunks, onIgnored);
  return lineRows(chunks, format === "jsonl" ? jsonRow : urlRow);
}

/** The format of a file by its name, else by how its content begins. */
export function formatOf(name: string, beginning: string): ImportFormat {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (["csv", "tsv"].includes(extension)) return "csv";
  if (["jsonl", "ndjson", "json"].includes(extension)) return "jsonl";
  const text = beginning.replace(/^\ufeff/, "").trimStart();
  if (text.startsWith("{")) return "jsonl";
  const [line = ""] = text.split("\n", 1);
  return /^https?:[^,;\t]*$/i.test(line.trim()) || !/[,;\t]/.test(line) ? "urls" : "csv";
}

async function* lineRows(
  chunks: AsyncIterable<Uint8Array>,
  read: (line: number, text: string) => Row | undefined,
): AsyncGenerator<Row[]> {
  for await (const lines of linesOf(chunks))
    yield lines.flatMap((one) => ("problem" in one ? [one] : (read(one.line, one.text) ?? [])));
}

/** One URL a line; empty lines and those that begin with `#` are left out. */
function urlRow(line: number, text: string): Row | undefined {
  const url = text.trim();
  return url === "" || url.startsWith("#") ? undefined : { line, fields: { url } };
}

/** What an exported link says about itself and cannot be brought along. */
const readOnly = ["shortUrl", "state", "updatedAt", "version", "clicks", "usedClicks"];

function jsonRow(line: number, text: string): Row | undefined {
  if (text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, problem: "Not JSON: one whole object a line is accepted." };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { line, problem: "Not a JSON object." };
  const fields = { ...value } as Record<string, unknown>;
  for (const name of readOnly) delete fields[name];
  return { line, fields };
}
