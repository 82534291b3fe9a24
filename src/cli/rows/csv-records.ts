import { type CsvError, parse } from "csv-parse";
import { decoded, joined } from "./lines.ts";

/** The longest record that is read, in bytes. */
export const recordLimit = 131_072;

/** Given each record in order: its cells, or what is wrong with it, and the line it begins in. */
export type OnRecord = (cells: string[] | { readonly problem: string }, line: number) => void;

const [newline, carriageReturn] = [10, 13];
const [smallPiece, largePiece] = [1024, 65_536];

/**
 * Reads CSV records. After a record with broken quotes it begins anew in the next line, so that one quote that is
 * never closed spoils its own line and not those after it. Holds one piece and one record.
 */
export class CsvRecords {
  readonly #delimiter: string;
  readonly #onRecord: OnRecord;
  #parser: ReturnType<typeof parse>;
  /** Bytes that were read since the end of the last whole record. */
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Where, in the parser's count, `#held` begins. */
  #heldFrom = 0;
  /** The end of the last whole record in the parser's count. */
  #end = 0;
  /** How many lines came before that end. */
  #lines = 0;
  /** How much is parsed at once: little after an error, because it may have to be parsed again. */
  #piece = largePiece;

  constructor(delimiter: string, onRecord: OnRecord) {
    this.#delimiter = delimiter;
    this.#onRecord = onRecord;
    this.#parser = this.#newParser();
  }

  /** Reads some more. Throws what `onRecord` throws. */
  async add(bytes: Uint8Array): Promise<void> {
    let waiting = bytes;
    while (waiting.length > 0) {
      const piece = waiting.subarray(0, this.#piece);
      waiting = waiting.subarray(piece.length);
      this.#held = joined(this.#held, piece);
      const error = await fed(this.#parser, piece);
      this.#piece = Math.min(this.#piece * 2, largePiece);
      if (error === undefined) this.#forget();
      else waiting = joined(this.#afterBadLine(error), waiting);
    }
  }

  /** Reads what is left when no more will come. */
  async end(): Promise<void> {
    for (;;) {
      const error = await ended(this.#parser);
      if (error === undefined) return;
      await this.add(this.#afterBadLine(error));
    }
  }

  #newParser(): ReturnType<typeof parse> {
    const parser = parse({
      delimiter: this.#delimiter,
      record_delimiter: ["\r\n", "\n"],
      // Bytes as they are: each cell is decoded by itself, so that one that is not UTF-8 spoils one record.
      encoding: "latin1",
      max_record_size: recordLimit,
      relax_column_count: true,
      skip_empty_lines: true,
      // Taken here and not from the stream, which would keep them apart from their places.
      on_record: (record: string[], { bytes }) => {
        const read = this.#held.subarray(this.#end - this.#heldFrom, bytes - this.#heldFrom);
        const line = this.#lines + linesIn(read.subarray(0, blankPart(read))) + 1;
        this.#lines += linesIn(read);
        this.#end = bytes;
        this.#onRecord(cellsOf(record), line);
        return null;
      },
    });
    // The callback of each write tells the same.
    return parser.on("error", () => undefined);
  }

  #forget(): void {
    this.#held = this.#held.slice(this.#end - this.#heldFrom);
    this.#heldFrom = this.#end;
  }

  /** Reports the line in which the bad record begins, and gives what was read after it. */
  #afterBadLine(error: CsvError): Uint8Array {
    if (error.code === undefined || !/^(CSV|INVALID)_/.test(error.code)) throw error;
    this.#forget();
    const bad = this.#held;
    const begin = blankPart(bad);
    const line = this.#lines + linesIn(bad.subarray(0, begin)) + 1;
    this.#onRecord({ problem: problemOf(error) }, line);
    this.#parser = this.#newParser();
    this.#held = new Uint8Array(0);
    this.#heldFrom = 0;
    this.#end = 0;
    this.#lines = line;
    this.#piece = smallPiece;
    const found = bad.indexOf(newline, begin);
    return found === -1 ? new Uint8Array(0) : bad.subarray(found + 1);
  }
}

/** How many bytes at the beginning are empty lines. */
function blankPart(bytes: Uint8Array): number {
  let end = 0;
  while (bytes[end] === newline || bytes[end] === carriageReturn) end++;
  return end;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

function fed(parser: ReturnType<typeof parse>, piece: Uint8Array): Promise<CsvError | undefined> {
  return new Promise((resolve) => {
    parser.write(piece, (error) => resolve((error as CsvError | null) ?? undefined));
  });
}

function ended(parser: ReturnType<typeof parse>): Promise<CsvError | undefined> {
  return new Promise((resolve) => {
    parser.on("error", (error: CsvError) => resolve(error));
    parser.on("end", () => resolve(undefined));
    parser.resume();
    parser.end();
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/;

function cellsOf(record: readonly string[]): string[] | { problem: string } {
  const cells: string[] = [];
  for (const cell of record) {
    const text = ascii.test(cell) ? cell : decoded(Buffer.from(cell, "latin1"));
    if (text === undefined) return { problem: "Not UTF-8." };
    cells.push(text);
  }
  return cells;
}

function problemOf(error: CsvError): string {
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
    case "CSV_MAX_RECORD_SIZE":
      return `A quote is not closed within ${recordLimit} bytes, or the record is longer.`;
    case "CSV_INVALID_CLOSING_QUOTE":
      return 'A quote inside a quoted cell is not doubled ("").';
    case "INVALID_OPENING_QUOTE":
      return "A quote in a cell that does not begin with one.";
    default:
      return error.message;
  }
}
