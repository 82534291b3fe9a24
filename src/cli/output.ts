import { jsonText } from "../core/safe-json.ts";

export { jsonText };

/** Control characters, and those that turn the direction of text around. A tab is one too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** A text from users on one line, without what could command a terminal. */
export function plain(text: string): string {
  return text.replace(unsafe, " ").trim();
}

let output: typeof process.stdout | undefined;

/** Stdout, made when it is first needed, since that takes 10 ms that `serve` can do without. */
function stdout(): typeof process.stdout {
  if (output !== undefined) return output;
  output = process.stdout;
  // Whoever reads us may stop, as `head` does: that is no failure of ours.
  output.on("error", (error) => process.exit("code" in error && error.code === "EPIPE" ? 0 : 1));
  return output;
}

/** Writes to stdout, and returns when the reader has room again. Ends the process quietly if the reader is gone. */
export function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    stdout().write(text, (error) => {
      if (!error) resolve();
    });
  });
}

export function say(line: string): Promise<void> {
  return write(`${line}\n`);
}

export function sayJson(value: unknown): Promise<void> {
  return say(jsonText(value));
}

/** A remark beside the answer: to stderr, so that it never gets into a pipe. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Whether stdout is a terminal, where lines are for people and may change. */
export function onTerminal(): boolean {
  return stdout().isTTY === true;
}

/** How many characters a line of the terminal has. */
export function terminalWidth(): number {
  return stdout().columns || 100;
}

/** Green or red on a terminal that wants colours (`NO_COLOR` is respected by the runtime's own check). */
export function coloured(text: string, colour: "green" | "red"): string {
  if (!Bun.enableANSIColors || !onTerminal()) return text;
  return `\u001b[${colour === "green" ? 32 : 31}m${text}\u001b[0m`;
}

/** Rows in columns, cut to the width of the terminal; the last column gives way. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, Bun.stringWidth(cell));
  const room = terminalWidth();
  return rows.map((row) => {
    const padded = row.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - Bun.stringWidth(cell)));
    return cut(padded.join("  ").trimEnd(), room);
  });
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += Bun.stringWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
