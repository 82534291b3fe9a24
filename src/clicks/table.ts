import type { Frame } from "./frame.ts";

/** The texts of one kind that a segment has defined, each with its number. */
export class Table {
  readonly #numbers = new Map<string, number>();
  #lastText = "";
  #lastNumber = 0;

  constructor(
    readonly limit: number,
    readonly kind: number,
    readonly frame: Frame,
  ) {}

  /** Whether the next new text may be one too many. */
  get isFull(): boolean {
    return this.#numbers.size >= this.limit - 1;
  }

  /** The number of a text, which is defined in the frame if it is new; 0 for "". */
  number(text: string): number {
    // Many visitors in a row are alike, and comparing is cheaper than hashing.
    if (text === this.#lastText) return this.#lastNumber;
    if (text === "") return 0;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(text, number);
      this.frame.define(this.kind, text);
    }
    this.#lastText = text;
    this.#lastNumber = number;
    return number;
  }

  clear(): void {
    this.#numbers.clear();
    this.#lastText = "";
    this.#lastNumber = 0;
  }
}
