import type { LinkId, VisitorLink } from "./link.ts";
import { decodeBesides, encodeBesides } from "./record.ts";

/**
 * Words (of 4 bytes) before an entry's texts: the next entry of its chain, its hash, its size in words; the lengths of key
 * and address, and whether it is at hand; the length of what else there is; two for the time it was made, and two for its
 * mark. Then 16 bytes of token, the key, the address, and what else there is.
 */
const headWords = 9;
const tokenBytes = 16;
const none = -1;
/** An entry that nobody finds any more, or the rest of the ring that was too short for the next one. */
const dead = -2;

/** Bits beside the lengths: the link is at hand; it was asked for since it came to the front. */
const [atHandBit, askedBit] = [2 ** 24, 2 ** 25];
/** Entries that are moved to the front for one new one, at most. */
const mostMoved = 64;
/** Bytes beside the ring: the longest address, and the first lines of an answer. */
const roomBytes = 0x10000 + 1024;

const ascii = /^[\x21-\x7e]+$/;

/** A `Buffer`, with the quickest ways from its bytes to texts, which the types leave out. */
interface Slices extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  hexSlice(start: number, end: number): string;
}

/**
 * Links as bytes in one ring: a tenth of what they take as objects, and nothing that a garbage collector walks over. When it
 * is full, the oldest go, but those that `atHand` found meanwhile, which get a second chance (the clock algorithm). An entry is
 * found by a chain of its bucket.
 */
export class LinkArena {
  /** The ring, and behind it, from `room` on, space for an answer in which an address is copied. */
  readonly bytes: Slices;
  readonly room: number;
  readonly #words: Int32Array;
  /** One more than the place of the first entry: so memory that nobody wrote to says that there is none. */
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
    const memory = new ArrayBuffer(words * 4 + roomBytes);
    this.#words = new Int32Array(memory, 0, words);
    this.bytes = Buffer.from(memory) as Slices;
    this.room = words * 4;
    // An entry has about 32 words.
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(words / 32)));
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#find(key) !== none;
  }

  /** Where a link is whose key these bytes are, if it is at hand; -1: nowhere. As quick as it gets: it makes nothing. */
  atHand(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed;
    for (let i = start; i < end; i++) hash = mixed(hash, bytes[i] ?? 0);
    const length = end - start;
    for (let at = this.#firstIn(this.#bucketOf(hash)); at !== none; at = this.#word(at)) {
      if (this.#word(at + 1) !== hash) continue;
      const lengths = this.#word(at + 3);
      if ((lengths & 0xff) !== length) continue;
      const key = (at + headWords) * 4 + tokenBytes;
      let same = 0;
      while (same < length && this.bytes[key + same] === bytes[start + same]) same++;
      if (same < length) continue;
      if ((lengths & atHandBit) === 0) return none;
      if ((lengths & askedBit) === 0) this.#words[at + 3] = lengths | askedBit;
      return at;
    }
    return none;
  }

  /** Copies the address of the link at a place to a byte of `bytes` in the room, and gives the byte after it. */
  copyAddress(at: number, to: number): number {
    const lengths = this.#word(at + 3);
    const start = (at + headWords) * 4 + tokenBytes + (lengths & 0xff);
    const length = (lengths >>> 8) & 0xffff;
    this.bytes.copyWithin(to, start, start + length);
    return to + length;
  }

  /** The byte at which the token of the link at a place begins. */
  tokenAt(at: number): number {
    return (at + headWords) * 4;
  }

  /** Whether the link at a place has nothing that most have not, tags among it. */
  isBare(at: number): boolean {
    return this.#word(at + 4) === 0;
  }

  /** A number that was put beside the link at a place with this serial number; 0: none, or with another. */
  markAt(at: number, serial: number): number {
    return this.#word(at + 7) === serial ? this.#word(at + 8) : 0;
  }

  mark(at: number, serial: number, number: number): void {
    this.#words[at + 7] = serial;
    this.#words[at + 8] = number;
  }

  /** Where a link is, for `at`; -1: nowhere. The place of one never is another's before `set` is called. */
  placeOf(key: string): number {
    return this.#find(key);
  }

  /** The link at a place of `placeOf`. */
  at(at: number, id: LinkId): VisitorLink {
    const { bytes } = this;
    const lengths = this.#word(at + 3);
    const token = this.tokenAt(at);
    const url = token + tokenBytes + (lengths & 0xff);
    const end = url + ((lengths >>> 8) & 0xffff);
    const more = this.#word(at + 4);
    const createdAt = (this.#word(at + 5) >>> 0) + this.#word(at + 6) * 2 ** 32;
    return decodeBesides(
      id,
      bytes.latin1Slice(url, end),
      createdAt,
      bytes.hexSlice(token, token + tokenBytes),
      more === 0 ? "" : bytes.utf8Slice(end, end + more),
    );
  }

  /**
   * Puts a link in place of the one under this key. `isAtHand`: whether `atHand` finds it. `false`: it is not kept, since
   * its key is long or not ASCII, or it is very long.
   */
  set(key: string, link: VisitorLink, isAtHand = false): boolean {
    this.delete(key);
    const { url, createdAt } = link;
    if (key.length > 255 || url.length > 0xffff || !ascii.test(key) || !ascii.test(url)) return false;
    if (!/^[0-9a-f]{32}$/.test(link.token)) return false;
    const more = encodeBesides(link);
    // No character takes more than three bytes in UTF-8.
    const most = headWords + Math.ceil((tokenBytes + key.length + url.length + 3 * more.length) / 4);
    if (most * 8 > this.#words.length) return false;
    this.#makeRoom(most);
    const words = this.#words;
    const { bytes } = this;
    const at = this.#end;
    let end = (at + headWords) * 4;
    end += bytes.write(link.token, end, "hex");
    end += bytes.write(key, end, "latin1");
    end += bytes.write(url, end, "latin1");
    const moreBytes = more === "" ? 0 : bytes.write(more, end, "utf8");
    const size = Math.ceil((end + moreBytes) / 4) - at;
    const hash = this.#hash(key);
    const bucket = this.#bucketOf(hash);
    words[at] = this.#firstIn(bucket);
    words[at + 1] = hash;
    words[at + 2] = size;
    words[at + 3] = (url.length << 8) | key.length | (isAtHand ? atHandBit : 0);
    words[at + 4] = moreBytes;
    words[at + 5] = createdAt % 2 ** 32;
    words[at + 6] = Math.floor(createdAt / 2 ** 32);
    words[at + 7] = 0;
    this.#buckets[bucket] = at + 1;
    this.#end += size;
    this.#used += size;
    this.#size++;
    return true;
  }

  delete(key: string): void {
    const at = this.#find(key);
    if (at !== none) this.#unlink(at);
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#end = this.#oldest = this.#used = this.#size = 0;
  }

  /** Drops the oldest until so many words are free in one piece at the end. */
  #makeRoom(words: number): void {
    for (let moved = 0; ; ) {
      const rest = this.#words.length - this.#end;
      const free = this.#words.length - this.#used;
      if (rest >= words && free >= words) return;
      if (rest < words && free >= rest) this.#beginAnew(rest);
      else if (this.#dropOldest(moved < mostMoved)) moved++;
    }
  }

  /** The next entry begins at the start; the rest is passed over. */
  #beginAnew(rest: number): void {
    if (rest >= headWords) {
      this.#words[this.#end] = dead;
      this.#words[this.#end + 2] = rest;
    }
    this.#used += rest;
    this.#end = 0;
  }

  /** `true`: it was asked for, and was moved to the end instead, which is done where `mayMove`. */
  #dropOldest(mayMove: boolean): boolean {
    const whole = this.#words.length;
    const at = this.#oldest;
    const isRest = whole - at < headWords;
    const size = isRest ? whole - at : this.#word(at + 2);
    this.#oldest = at + size === whole ? 0 : at + size;
    const isLink = !isRest && this.#word(at) !== dead;
    if (isLink && mayMove && (this.#word(at + 3) & askedBit) !== 0 && this.#end + size <= whole) {
      this.#move(at, size);
      return true;
    }
    if (isLink) this.#unlink(at);
    this.#used -= size;
    if (this.#used === 0) this.#oldest = this.#end;
    return false;
  }

  #move(at: number, size: number): void {
    const to = this.#end;
    const words = this.#words;
    const hash = this.#word(at + 1);
    const bucket = this.#bucketOf(hash);
    const before = this.#beforeOf(at, bucket);
    words.copyWithin(to, at, at + size);
    words[to + 3] = this.#word(to + 3) & ~askedBit;
    if (before === none) this.#buckets[bucket] = to + 1;
    else words[before] = to;
    this.#end += size;
  }

  /** Takes an entry out of its chain; its bytes are free when it is the oldest. */
  #unlink(at: number): void {
    const bucket = this.#bucketOf(this.#word(at + 1));
    const before = this.#beforeOf(at, bucket);
    if (before === none) this.#buckets[bucket] = this.#word(at) + 1;
    else this.#words[before] = this.#word(at);
    this.#words[at] = dead;
    this.#size--;
  }

  #beforeOf(at: number, bucket: number): number {
    let before = none;
    for (let one = this.#firstIn(bucket); one !== at; one = this.#word(one)) before = one;
    return before;
  }

  #find(key: string): number {
    const hash = this.#hash(key);
    for (let at = this.#firstIn(this.#bucketOf(hash)); at !== none; at = this.#word(at))
      if (this.#word(at + 1) === hash && this.#isKey(at, key)) return at;
    return none;
  }

  #isKey(at: number, key: string): boolean {
    if ((this.#word(at + 3) & 0xff) !== key.length) return false;
    const start = (at + headWords) * 4 + tokenBytes;
    for (let i = 0; i < key.length; i++) if (this.bytes[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #hash(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = mixed(hash, key.charCodeAt(i));
    return hash | 0;
  }

  #firstIn(bucket: number): number {
    return (this.#buckets[bucket] ?? 0) - 1;
  }

  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #word(at: number): number {
    return this.#words[at] ?? none;
  }
}

function mixed(hash: number, code: number): number {
  const product = Math.imul(hash ^ code, 0x5bd1e995);
  return product ^ (product >>> 15);
}
