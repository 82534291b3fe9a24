import { lineLimit } from "../limits.ts";

/** One line of a body, counted from 1. `bytes` is `undefined` for a line that was too long to keep. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

/** As much of a stream's reader as is used: the types of Bun and of Node disagree about the rest. */
interface Pieces {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

const lineFeed = 10;
const nothing = new Uint8Array(0);

/** Cuts a body into lines as it arrives. Keeps one piece of the body and one unfinished line, and no more. */
export class LineReader {
  readonly #reader: Pieces;
  #unfinished: Uint8Array = nothing;
  #tooLong = false;
  #count = 0;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The lines that arrived since, at least one; none at the end. Throws when the other end is gone. */
  async some(): Promise<Line[]> {
    while (!this.#ended) {
      const { done, value } = await this.#reader.read();
      const lines: Line[] = [];
      if (done) {
        this.#ended = true;
        if (this.#unfinished.length > 0 || this.#tooLong) lines.push(this.#finish(nothing));
        return lines;
      }
      let from = 0;
      for (let end = value.indexOf(lineFeed); end !== -1; end = value.indexOf(lineFeed, from)) {
        lines.push(this.#finish(value.subarray(from, end)));
        from = end + 1;
      }
      this.#keep(value.subarray(from));
      if (lines.length > 0) return lines;
    }
    return [];
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  #keep(part: Uint8Array): void {
    if (this.#tooLong || this.#unfinished.length + part.length > lineLimit) {
      this.#tooLong = true;
      this.#unfinished = nothing;
    } else if (part.length > 0) this.#unfinished = Buffer.concat([this.#unfinished, part]);
  }

  #finish(part: Uint8Array): Line {
    const whole = this.#unfinished.length === 0 ? part : Buffer.concat([this.#unfinished, part]);
    const bytes = this.#tooLong || whole.length > lineLimit ? undefined : whole;
    this.#unfinished = nothing;
    this.#tooLong = false;
    this.#count++;
    return { number: this.#count, bytes };
  }
}
