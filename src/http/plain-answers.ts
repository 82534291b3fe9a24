import type { RedirectStatus } from "../core/link.ts";
import type { LinkArena } from "../core/link-arena.ts";
import { statusLine } from "./redirect.ts";

const [cr, lf] = [0x0d, 0x0a];

/**
 * Answers that are written where the links are, so that neither a text nor an object is made for one: the lines that all
 * have in common, and behind them, last, the address.
 */
export class PlainAnswers {
  readonly arena: LinkArena;
  /** The answer in `arena.bytes` that was last written. */
  readonly start: number;
  end: number;
  readonly #firstLine: string;
  #address: number;

  constructor(arena: LinkArena, status: RedirectStatus) {
    this.arena = arena;
    this.#firstLine = statusLine(status);
    this.start = this.end = this.#address = arena.room;
  }

  /** `lines`: those that are the same for all answers until this is called again. */
  renew(lines: string): void {
    const text = `${this.#firstLine}Cache-Control: no-cache\r\n${lines}Content-Length: 0\r\nLocation: `;
    this.#address = this.start + this.arena.bytes.write(text, this.start, "latin1");
  }

  /** The answer for the link at a place. */
  write(place: number): void {
    const { bytes } = this.arena;
    const end = this.arena.copyAddress(place, this.#address);
    bytes[end] = bytes[end + 2] = cr;
    bytes[end + 1] = bytes[end + 3] = lf;
    this.end = end + 4;
  }
}
