import { stringify } from "csv-stringify/sync";
import { type Dimension, dimensions } from "../../core/click.ts";
import { guarded } from "../../core/guarded.ts";
import type { ShownClicks, ShownVisit } from "./click-schemas.ts";

/** Whether a request asks for CSV: by its `format`, or else by what it accepts. */
export function wantsCsv(request: Request, format: "json" | "csv" | undefined): boolean {
  if (format !== undefined) return format === "csv";
  return /\btext\/csv\b/i.test(request.headers.get("accept") ?? "");
}

/** The headers of a CSV answer. `note`: what a reader of JSON would find there. */
export function csvHeaders(
  name: string,
  { note = null, attribution }: { readonly note?: string | null; readonly attribution: string | null },
): Record<string, string> {
  const file = name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 100);
  return {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${file}.csv"`,
    ...(note === null ? {} : { "X-Note": note }),
    ...(attribution === null ? {} : { "X-Attribution": attribution }),
  };
}

/** Groups where they were asked for, otherwise the series. */
export function clicksCsv(shown: ShownClicks, by: Dimension | null): string {
  if (by !== null)
    return csv(
      [by, "clicks"],
      shown.groups.map(({ value, clicks }) => [cell(value), clicks]),
    );
  return csv(
    ["start", "clicks", "unique"],
    shown.series.map(({ start, clicks, unique }) => [start, clicks, unique]),
  );
}

export function eventsCsv(events: readonly ShownVisit[]): string {
  return csv(
    ["time", ...dimensions],
    events.map((event) => [event.time, ...dimensions.map((name) => cell(event[name] ?? ""))]),
  );
}

/** What visitors sent must not run in a spreadsheet. */
function cell(text: string): string {
  return text === "" ? "" : guarded(text);
}

function csv(header: readonly string[], rows: (string | number)[][]): string {
  return stringify([header as string[], ...rows], { record_delimiter: "\n", quoted_match: /[\r\n]/ });
}
