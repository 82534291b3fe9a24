import { parse } from "csv-parse/sync";

/** Cells that a spreadsheet would run, full-width signs included. */
export function formulasOf(csv: string): string[] {
  const rows = parse(csv, { relax_column_count: true }) as string[][];
  return rows.flat().filter((cell) => /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/.test(cell));
}

/** Lines of a log that are no event of their own: no JSON with a level, or with something in them that commands a terminal. */
export function brokenLines(log: string): string[] {
  return log
    .split("\n")
    .filter((line) => line !== "")
    .filter((line) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) return true;
      try {
        return typeof (JSON.parse(line) as { level?: unknown }).level !== "string";
      } catch {
        return true;
      }
    });
}

/** What could command a terminal in the output of a command. */
export function commandsIn(output: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return output.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g) ?? [];
}
