import { CommandFailed } from "../shell.ts";
import { columns, fieldsOf, type Row, rowOf } from "./columns.ts";
import { CsvRecords } from "./csv-records.ts";
import { joined } from "./lines.ts";

/** Told once about the columns of the header that mean nothing here. */
export type OnIgnored = (names: readonly string[]) => void;

/** How far into a file the end of its header line is looked for, in bytes. */
const headerLimit = 65_536;

/**
 * Rows of CSV with a header line, some at a time. The separator is the first of `, ; tab` that the header line has.
 * Throws `CommandFailed` if the header names no target.
 */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>, onIgnored: OnIgnored): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let fields: (string | undefined)[] | undefined;
  let records: CsvRecords | undefined;
  for await (const chunk of withWholeHeader(chunks)) {
    records ??= new CsvRecords(delimiterOf(chunk), (cells, line) => {
      if ("problem" in cells) rows.push({ line, problem: cells.problem });
      else if (fields !== undefined) rows.push(rowOf(line, fields, cells));
      else fields = headerOf(cells, onIgnored);
    });
    await records.add(chunk);
    if (rows.length > 0) yield rows;
    rows = [];
  }
  await records?.end();
  if (rows.length > 0) yield rows;
}

function headerOf(cells: readonly string[], onIgnored: OnIgnored): (string | undefined)[] {
  const fields = fieldsOf(cells);
  if (!fields.includes("url"))
    throw new CommandFailed(
      `The first line has no column for the target: got ${JSON.stringify(cells.join(",").slice(0, 200))}, takes ${columns.url?.names.join(", ")}.`,
    );
  const ignored = cells.filter((_, i) => fields[i] === undefined);
  if (ignored.length > 0) onIgnored(ignored);
  return fields;
}

/** The same bytes, the first piece long enough to tell the separator, and without a byte order mark. */
async function* withWholeHeader(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (begun === undefined) {
      yield chunk;
      continue;
    }
    begun = joined(begun, chunk);
    if (!begun.includes(10) && begun.length < headerLimit) continue;
    yield withoutMark(begun);
    begun = undefined;
  }
  if (begun !== undefined) yield withoutMark(begun);
}

function delimiterOf(beginning: Uint8Array): string {
  const [line = ""] = Buffer.from(beginning.subarray(0, headerLimit))
    .toString("latin1")
    .split(/[\r\n]/, 1);
  return [",", ";", "\t"].find((one) => line.includes(one)) ?? ",";
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
