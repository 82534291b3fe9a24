import { closeSync, openSync, writeSync } from "node:fs";
import type { Outcome } from "./import-row.ts";
import { jsonText, plain } from "./output.ts";

/** A terminal is shown so many rows that stayed out. */
const terminalLimit = 20;

/** Says which rows stayed out of an import, and why: to stderr, or to the file that was named. */
export class Refusals {
  readonly #file: number | undefined;
  readonly #json: boolean;
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
    else if (process.stderr.isTTY !== true || this.#count <= terminalLimit)
      process.stderr.write(`line ${line}: ${plain(outcome.message)}\n`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    else if (!this.#json && process.stderr.isTTY === true && this.#count > terminalLimit)
      process.stderr.write(`... and ${this.#count - terminalLimit} more: --report FILE takes them all.\n`);
  }
}
