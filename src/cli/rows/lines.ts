/** The longest line or record that is read, in bytes. */
export const lineLimit = 1_000_000;

/** A line of the input, counted from 1, or what is wrong with it. */
export type Line =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly problem: string };

const newline = 10;

/**
 * Splits bytes into lines of UTF-8, some at a time. A line that is not UTF-8 or longer than `lineLimit` is given as a
 * problem, and the lines after it go on. Holds one line at most.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let rest = new Uint8Array(0);
  let line = 1;
  /** Inside a line that was given up: everything up to its end is dropped. */
  let dropping = false;
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (dropping) {
      const end = bytes.indexOf(newline);
      if (end === -1) continue;
      bytes = bytes.subarray(end + 1);
      dropping = false;
    }
    const last = bytes.lastIndexOf(newline);
    if (last === -1) {
      rest = joined(rest, bytes);
    } else {
      const lines = split(joined(rest, bytes.subarray(0, last)), line);
      line += lines.length;
      rest = bytes.slice(last + 1);
      yield lines;
    }
    if (rest.length > lineLimit) {
      yield [{ line, problem: tooLong }];
      line++;
      rest = new Uint8Array(0);
      dropping = true;
    }
  }
  if (rest.length > 0) yield split(rest, line);
}

const tooLong = `Longer than ${lineLimit} bytes.`;

/** Both, in a copy of their own. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Whole lines. Decoded in one go, and one by one only where that fails. */
function split(bytes: Uint8Array, firstLine: number): Line[] {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole.split("\n").map((text, i) => checked(firstLine + i, text));
  const lines: Line[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    const text = decoded(bytes.subarray(start, end));
    const line = firstLine + lines.length;
    lines.push(text === undefined ? { line, problem: "Not UTF-8." } : checked(line, text));
    start = end + 1;
  }
  return lines;
}

function checked(line: number, text: string): Line {
  if (text.length > lineLimit) return { line, problem: tooLong };
  const begin = line === 1 && text.startsWith("\ufeff") ? 1 : 0;
  return { line, text: text.slice(begin, text.endsWith("\r") ? -1 : undefined) };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text, or `undefined` if the bytes are not UTF-8. */
export function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
