import type { Bytes, HeadFields } from "./head-fields.ts";

/** How many heads are kept, each in one place of its own, and how long one is at most, in bytes. A power of two. */
const places = 1024;
const longest = 1024;
/** Bytes that are looked at to find the place. */
const samples = 16;
/** Of so many heads a quarter must have been known, or so many are read without looking. */
const trial = 1024;
const pause = 32 * trial;

interface Kept {
  readonly bytes: Buffer;
  readonly fields: HeadFields;
}

/**
 * The headers of requests that came before, byte by byte, with what was read from them: visitors of one browser, language
 * and page send the same bytes, and comparing them is much quicker than reading them. Where hardly any two are alike, as
 * behind a proxy that names each visitor in a header, it steps aside.
 */
export class HeadMemo {
  readonly #kept = new Array<Kept | undefined>(places).fill(undefined);
  /** The hash of what was last seen at a place: only what comes a second time is kept. */
  readonly #seen = new Int32Array(places);
  #hash = 0;
  #tried = 0;
  #known = 0;
  /** How many are read without looking yet. */
  #skipped = 0;

  /** What was read from the same bytes, from `start` to the end, before. */
  find(bytes: Bytes, start: number): HeadFields | undefined {
    if (this.#skipped > 0) {
      this.#skipped--;
      return undefined;
    }
    if (++this.#tried > trial) {
      if (this.#known * 4 < trial) this.#skipped = pause;
      this.#tried = this.#known = 0;
    }
    const length = bytes.length - start;
    const step = Math.floor(length / samples);
    let hash = length;
    for (let i = 0, at = start + (step >> 1); i < samples; i++, at += step)
      hash = Math.imul(hash, 33) + (bytes[at] ?? 0);
    this.#hash = hash | 0;
    const kept = this.#kept[hash & (places - 1)];
    if (kept === undefined || kept.bytes.length !== length) return undefined;
    if (kept.bytes.compare(bytes, start, bytes.length) !== 0) return undefined;
    this.#known++;
    return kept.fields;
  }

  /** Keeps what was read from bytes that were not found. */
  keep(bytes: Bytes, start: number, fields: HeadFields): void {
    if (this.#skipped > 0) return;
    const place = this.#hash & (places - 1);
    if (this.#seen[place] === this.#hash && bytes.length - start <= longest)
      this.#kept[place] = { bytes: Buffer.from(bytes.subarray(start)), fields };
    this.#seen[place] = this.#hash;
  }
}
