import { closeSync, openSync, writeSync } from "node:fs";
import { jsonText, plain } from "../output.ts";
import type { Outcome } from "./row.ts";

/** A terminal is shown so many rows that stayed out. */
const terminalLimit = 20;

/** Says which rows stayed out of an import, and why: to stderr, or to the file that was named. */
export class Refusals {
  readonly #file: number | undefined;
  readonly #json: boolean;
  /** Lines for a terminal, kept until the progress bar is out of the way. */
  readonly #kept: string[] = [];
  #count = 0;

  /** Throws what the file system says if the file can't be written. */
  constructor(path: string | undefined, json: boolean) {
    this.#file = path === undefined ? undefined : openSync(path, "w");
    this.#json = json;
  }

  add(line: number, outcome: Exclude<Outcome, string>): void {
    this.#count++;
    if (this.#file !== undefined) writeSync(this.#file, `${jsonText({ line, ...outcome })}\n`);
    else if (this.#json) process.stderr.write(`${jsonText({ line, ...outcome })}\n`);
    else if (process.stderr.isTTY !== true) process.stderr.write(lineOf(line, outcome));
    else if (this.#count <= terminalLimit) this.#kept.push(lineOf(line, outcome));
  }

  /** Comes after the progress bar was taken away. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    process.stderr.write(this.#kept.join(""));
    if (this.#kept.length === terminalLimit && this.#count > terminalLimit)
      process.stderr.write(`... and ${this.#count - terminalLimit} more: --report FILE takes them all.\n`);
  }
}

function lineOf(line: number, outcome: Exclude<Outcome, string>): string {
  return `line ${line}: ${plain(outcome.message)}\n`;
}
