import { type BatchLine, CurtProblem } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { lineOf, type Meaning } from "./meaning.ts";
import type { Table } from "./read.ts";

export interface Rejected {
  /** Counts from 1, the head not counted. */
  readonly row: number;
  readonly line: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

export interface Progress {
  readonly done: number;
  readonly made: number;
  readonly rejected: readonly Rejected[];
}

/** Rows that go in with one request. */
const group = 1000;

/**
 * Sends the rows in groups and reports after each. Every row has a token made of its content and the file's, so the same
 * file again finds its own links. Throws `CurtProblem`, or `AbortError` when it is stopped; what is in stays in.
 */
export async function run(
  table: Table,
  columns: readonly (Meaning | undefined)[],
  mayImport: boolean,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const rejected: Rejected[] = [];
  let made = 0;
  const file = await digest(`${table.name} ${table.rows.length} ${JSON.stringify(table.rows.slice(0, 100))}`);
  for (let first = 0; first < table.rows.length; first += group) {
    const lines = table.rows.slice(first, first + group).map((row, i) => {
      const line = lineOf(row, columns);
      if (!mayImport) delete line.createdAt;
      return mayImport ? { ...line, token: `${file}-${first + i}` } : line;
    });
    for await (const { line, error } of api.links.batch(lines as unknown as BatchLine[], { signal })) {
      if (error === undefined) made++;
      else if (error.status >= 500) throw new CurtProblem(error.status, error.code, error.detail);
      else rejected.push({ row: first + line, line: lines[line - 1] ?? {}, reason: error.detail });
    }
    report({ done: Math.min(first + group, table.rows.length), made, rejected });
  }
}

async function digest(text: string): Promise<string> {
  // Over plain HTTP a browser has no SubtleCrypto; then a file is told apart by a sum of its own.
  if (crypto.subtle !== undefined) {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [...bytes.slice(0, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (const char of text) {
    a = Math.imul(a ^ (char.codePointAt(0) ?? 0), 0x01000193);
    b = Math.imul(b + (char.codePointAt(0) ?? 0), 0x85ebca6b) ^ (a >>> 13);
  }
  return `${(a >>> 0).toString(16).padStart(8, "0")}${(b >>> 0).toString(16).padStart(8, "0")}`;
}
