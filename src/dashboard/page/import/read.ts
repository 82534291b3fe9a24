import { parse } from "csv-parse/browser/esm/sync";

/** A file as a table: what its columns are called, and its rows. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows that a page can hold; more are work for the command line. */
export const mostRows = 200_000;
const mostBytes = 100_000_000;

/** Reads CSV, JSON or NDJSON. `undefined`: it is too big for a page. Throws what is wrong with it. */
export async function readTable(file: File): Promise<Table | undefined> {
  if (file.size > mostBytes) return undefined;
  const text = (await file.text()).replace(/^\uFEFF/, "");
  const start = text.trimStart()[0];
  const table = start === "{" || start === "[" ? fromJson(text) : fromCsv(text);
  return table.rows.length > mostRows ? undefined : { name: file.name, ...table };
}

function fromCsv(text: string): Omit<Table, "name"> {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [",", ";", "\t"].reduce((best, one) =>
    head.split(one).length > head.split(best).length ? one : best,
  );
  const rows = parse(text, { delimiter, relax_column_count: true, skip_empty_lines: true }) as string[][];
  const [columns = [], ...rest] = rows;
  // A list of addresses has no head.
  if (columns.length === 1 && /^https?:\/\//.test(columns[0] ?? "")) return { columns: ["url"], rows };
  return { columns, rows: rest };
}

function fromJson(text: string): Omit<Table, "name"> {
  const whole = text.trimStart().startsWith("[") || !/\}\s*\n\s*\{/.test(text);
  const parsed: unknown = whole ? JSON.parse(text) : undefined;
  const list =
    parsed === undefined
      ? text
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line): unknown => JSON.parse(line))
      : Array.isArray(parsed)
        ? parsed
        : ((parsed as { links?: unknown[] }).links ?? [parsed]);
  const columns: string[] = [];
  const at = new Map<string, number>();
  const rows = list.map((one) => {
    const row: unknown[] = [];
    for (const [name, value] of Object.entries((one ?? {}) as Record<string, unknown>)) {
      const known = at.get(name) ?? columns.push(name) - 1;
      at.set(name, known);
      row[known] = value;
    }
    return row;
  });
  return { columns, rows };
}
