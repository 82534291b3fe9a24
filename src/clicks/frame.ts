import { bodyHead, entry, frameHead } from "./format.ts";

const size = 256 * 1024;
/** The most that one click can take with all that it defines, in bytes. */
const mostAtOnce = 48 * 1024;

const hexDigits = new TextEncoder().encode("0123456789abcdef");
const encoder = new TextEncoder();

/** The frame that a turn of the event loop fills, in a buffer that is used again and again. */
export class Frame {
  readonly #bytes = Buffer.alloc(size);
  #end = frameHead + bodyHead;
  /** The clicks in it. */
  clicks = 0;

  /** Whether one more click is sure to fit. */
  get hasRoom(): boolean {
    return this.#end < size - mostAtOnce;
  }

  click(link: number, agent: number, source: number, language: number, address: number): void {
    const bytes = this.#bytes;
    let end = this.#end;
    bytes[end++] = entry.click;
    // Nearly all are small; a loop for each would be the greater part of the work.
    if ((link | agent | source | language | address) < 128) {
      bytes[end++] = link;
      bytes[end++] = agent;
      bytes[end++] = source;
      bytes[end++] = language;
      bytes[end++] = address;
      this.#end = end;
    } else {
      this.#end = end;
      this.#number(link);
      this.#number(agent);
      this.#number(source);
      this.#number(language);
      this.#number(address);
    }
    this.clicks++;
  }

  unseen(link: number): void {
    this.#bytes[this.#end++] = entry.unseen;
    this.#number(link);
    this.clicks++;
  }

  define(kind: number, text: string): void {
    const bytes = this.#bytes;
    bytes[this.#end++] = kind;
    // The length is not known before: room for the two bytes of numbers up to 16,383.
    const start = this.#end + 2;
    const { written } = encoder.encodeInto(text, bytes.subarray(start, start + 16_383));
    bytes[this.#end] = (written & 127) | 128;
    bytes[this.#end + 1] = written >> 7;
    this.#end = start + written;
  }

  /** `define` of the first half of a token, which stands in `from` as 16 bytes at `start`: a click id. */
  defineId(kind: number, from: Uint8Array, start: number): void {
    const bytes = this.#bytes;
    let end = this.#end;
    bytes[end++] = kind;
    bytes[end++] = 16;
    for (let at = start; at < start + 8; at++) {
      const byte = from[at] ?? 0;
      bytes[end++] = hexDigits[byte >> 4] ?? 0;
      bytes[end++] = hexDigits[byte & 15] ?? 0;
    }
    this.#end = end;
  }

  /** The whole frame, its time in ms; valid until the next call of anything. */
  seal(time: number): Buffer {
    const bytes = this.#bytes;
    bytes.writeDoubleLE(time, frameHead);
    const body = bytes.subarray(frameHead, this.#end);
    bytes.writeUInt32LE(body.length, 0);
    bytes.writeUInt32LE(Bun.hash.crc32(body), 4);
    return bytes.subarray(0, this.#end);
  }

  clear(): void {
    this.#end = frameHead + bodyHead;
    this.clicks = 0;
  }

  /** Seven bits a byte, the lowest first; the last byte has no high bit. */
  #number(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    while (rest > 127) {
      bytes[this.#end++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.#end++] = rest;
  }
}
