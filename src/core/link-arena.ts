import type { LinkId, LinkRecord } from "./link.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

/** Words (of 4 bytes) before an entry's texts: the next entry of its chain, its hash, its size in words, two lengths. */
const headWords = 4;
const none = -1;
/** An entry that nobody finds any more, or the rest of the ring that was too short for the next one. */
const dead = -2;

/**
 * Links as bytes in one ring: a tenth of what they take as objects, and nothing that a garbage collector walks over. When it
 * is full, the oldest go. An entry is found by a chain of its bucket and decoded each time, which takes about 2 µs.
 */
export class LinkArena {
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #buckets: Int32Array;
  readonly #seed: number;
  /** Where the next entry goes, and the oldest one, in words. Equal: it is empty, or full to the last word. */
  #end = 0;
  #oldest = 0;
  #used = 0;
  #size = 0;

  /** `bytes`: how much memory at most, taken as it is needed. `seed` makes the places of slugs hard to guess. */
  constructor(bytes: number, seed: number) {
    const words = Math.max(1024, Math.floor(bytes / 4));
    this.#words = new Int32Array(words);
    this.#bytes = Buffer.from(this.#words.buffer);
    // An entry has about 50 words.
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(words / 50))).fill(none);
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#find(key) !== none;
  }

  get(id: LinkId, key: string): LinkRecord | undefined {
    const at = this.#find(key);
    if (at === none) return undefined;
    const lengths = this.#word(at + 3);
    const start = (at + headWords) * 4 + (lengths & 0xff);
    return decodeRecord(id, this.#bytes.toString("utf8", start, start + (lengths >>> 8)));
  }

  /** Puts a link in place of the one under this key. Keys that are long or not ASCII, and very long links, are not kept. */
  set(key: string, record: LinkRecord): void {
    this.delete(key);
    const text = encodeRecord(record);
    if (key.length > 255 || !/^[\x21-\x7e]+$/.test(key)) return;
    // No character takes more than three bytes in UTF-8.
    const most = headWords + Math.ceil((key.length + 3 * text.length) / 4);
    if (most * 8 > this.#words.length) return;
    this.#makeRoom(most);
    const at = this.#end;
    const start = (at + headWords) * 4;
    this.#bytes.write(key, start, "latin1");
    const length = this.#bytes.write(text, start + key.length, "utf8");
    const words = headWords + Math.ceil((key.length + length) / 4);
    const hash = this.#hash(key);
    const bucket = this.#bucketOf(hash);
    this.#words[at] = this.#buckets[bucket] ?? none;
    this.#words[at + 1] = hash;
    this.#words[at + 2] = words;
    this.#words[at + 3] = (length << 8) | key.length;
    this.#buckets[bucket] = at;
    this.#end += words;
    this.#used += words;
    this.#size++;
  }

  delete(key: string): void {
    const at = this.#find(key);
    if (at !== none) this.#unlink(at);
  }

  clear(): void {
    this.#buckets.fill(none);
    this.#end = this.#oldest = this.#used = this.#size = 0;
  }

  /** Drops the oldest until so many words are free in one piece. */
  #makeRoom(words: number): void {
    const whole = this.#words.length;
    if (this.#end + words > whole) {
      // The entry begins anew at the start; the rest is passed over.
      this.#dropUntil(whole - this.#end);
      const rest = whole - this.#end;
      if (rest >= headWords) {
        this.#words[this.#end] = dead;
        this.#words[this.#end + 2] = rest;
      }
      this.#used += rest;
      this.#end = 0;
    }
    this.#dropUntil(words);
  }

  #dropUntil(free: number): void {
    while (this.#words.length - this.#used < free) {
      const whole = this.#words.length;
      const at = this.#oldest;
      const words = whole - at < headWords ? whole - at : this.#word(at + 2);
      if (whole - at >= headWords && this.#word(at) !== dead) this.#unlink(at);
      this.#used -= words;
      this.#oldest = at + words === whole ? 0 : at + words;
    }
    if (this.#used === 0) this.#oldest = this.#end;
  }

  /** Takes an entry out of its chain; its bytes are free when it is the oldest. */
  #unlink(at: number): void {
    const bucket = this.#bucketOf(this.#word(at + 1));
    let before = none;
    for (let one = this.#buckets[bucket] ?? none; one !== at; one = this.#word(one)) before = one;
    if (before === none) this.#buckets[bucket] = this.#word(at);
    else this.#words[before] = this.#word(at);
    this.#words[at] = dead;
    this.#size--;
  }

  #find(key: string): number {
    const hash = this.#hash(key);
    for (let at = this.#buckets[this.#bucketOf(hash)] ?? none; at !== none; at = this.#word(at))
      if (this.#word(at + 1) === hash && this.#isKey(at, key)) return at;
    return none;
  }

  #isKey(at: number, key: string): boolean {
    if ((this.#word(at + 3) & 0xff) !== key.length) return false;
    const start = (at + headWords) * 4;
    for (let i = 0; i < key.length; i++) if (this.#bytes[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #hash(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash | 0;
  }

  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #word(at: number): number {
    return this.#words[at] ?? none;
  }
}
