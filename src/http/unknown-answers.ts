import type { Bytes } from "./head-fields.ts";
import type { RequestHead } from "./request-head.ts";
import { mostShown, unknownTexts } from "./said.ts";

/** An answer with a place for a slug of one length. */
interface Mould {
  readonly bytes: Buffer;
  /** Where the slug goes, and where the body begins. */
  readonly slugAt: number;
  readonly bodyAt: number;
}

/**
 * The answers to slugs that nobody has, for the door: the same that `said` gives. A scan asks for little else, as fast as it can,
 * so a slug is put into what was made for all of its length, and nothing is made for one.
 */
export class UnknownAnswers {
  readonly #texts: ReturnType<typeof unknownTexts>;
  readonly #moulds = { page: new Map<number, Mould>(), text: new Map<number, Mould>() };
  #lines = "";

  constructor(house: string) {
    this.#texts = unknownTexts(house);
  }

  /** `lines`: those that are the same for all answers until this is called again. */
  renew(lines: string): void {
    this.#lines = lines;
    for (const moulds of Object.values(this.#moulds)) moulds.clear();
  }

  /**
   * The answer to what `head` read from `bytes`, valid until the next call. `undefined`: another form is asked for, or not all
   * of the slug is shown.
   */
  of(head: RequestHead, bytes: Bytes): Uint8Array | undefined {
    const { slugStart, slugEnd, isHead } = head;
    const { accept } = head.fields;
    const length = slugEnd - slugStart;
    const isPage = accept.includes("text/html");
    if (length > mostShown || (!isPage && accept.includes("json"))) return undefined;
    const kind = isPage ? "page" : "text";
    const mould = this.#moulds[kind].get(length) ?? this.#mould(kind, length);
    for (let i = 0; i < length; i++) mould.bytes[mould.slugAt + i] = bytes[slugStart + i] ?? 0;
    return isHead ? mould.bytes.subarray(0, mould.bodyAt) : mould.bytes;
  }

  #mould(kind: "page" | "text", length: number): Mould {
    const { head, before, after } = this.#texts[kind];
    const first = `${head}${this.#lines}Content-Length: ${before.length + length + after.length}\r\n\r\n`;
    const bytes = Buffer.from(first + before + " ".repeat(length) + after, "latin1");
    const mould = { bytes, slugAt: first.length + before.length, bodyAt: first.length };
    this.#moulds[kind].set(length, mould);
    return mould;
  }
}
