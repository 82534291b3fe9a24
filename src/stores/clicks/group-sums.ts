import type { Texts } from "./block.ts";
import type { ByteReader } from "./bytes.ts";

/** The most groups in an answer; what all others had is `other`. */
const mostGroups = 1000;

interface Group {
  readonly value: string;
  readonly clicks: number;
}

/**
 * What each value of a dimension had in all blocks that are read. A block has numbers of its own for its values: each is
 * looked up by its bytes, once in a block, however many periods there speak of it; only what is shown becomes a text.
 */
export class GroupSums {
  readonly #people: number[] = [];
  readonly #bots: number[] = [];
  // The bytes of each value: in whose texts, from where to where; and their hash.
  readonly #sources: Uint8Array[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];
  /** By hash, one more than the place of a value; 0: none. Never more than half full. */
  #slots = new Int32Array(1024);
  #otherPeople = 0;
  #otherBots = 0;
  #texts: Texts | undefined;
  #from: Int32Array | undefined;
  /** For each number of the block one more than its place here; 0: not yet looked up. */
  #places = new Int32Array(1);

  /** Numbers are those of a block from now on. */
  begin(texts: Texts | undefined): void {
    this.#texts = texts;
    this.#from = undefined;
    this.#places = new Int32Array((texts?.count ?? 0) + 1);
  }

  add(number: number, people: number, bots: number): void {
    const place = (this.#places[number] || this.#look(number)) - 1;
    this.#people[place] = (this.#people[place] ?? 0) + people;
    this.#bots[place] = (this.#bots[place] ?? 0) + bots;
  }

  /** Adds what `Groups.write` wrote. */
  addFrom(from: ByteReader): void {
    this.#otherPeople += from.varint();
    this.#otherBots += from.varint();
    for (let left = from.varint(); left > 0; left--) this.add(from.varint(), from.varint(), 0);
    for (let left = from.varint(); left > 0; left--) this.add(from.varint(), 0, from.varint());
  }

  #look(number: number): number {
    this.#from ??= this.#texts?.starts ?? new Int32Array(2);
    const bytes = this.#texts?.bytes ?? nothing;
    const start = this.#from[number] ?? 0;
    const end = number === 0 ? start : (this.#from[number + 1] ?? 0);
    const hash = hashOf(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0) break;
      if (this.#hashes[found - 1] === hash && this.#isAt(found - 1, bytes, start, end)) {
        this.#places[number] = found;
        return found;
      }
      slot = (slot + 1) & mask;
    }
    this.#sources.push(bytes);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#people.push(0);
    this.#bots.push(0);
    const place = this.#hashes.push(hash);
    this.#slots[slot] = place;
    if (2 * place > this.#slots.length) this.#grow();
    this.#places[number] = place;
    return place;
  }

  #isAt(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[place] ?? 0;
    if ((this.#ends[place] ?? 0) - from !== end - start) return false;
    const source = this.#sources[place] ?? nothing;
    for (let at = start; at < end; at++) if (bytes[at] !== source[from + at - start]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    for (const [place, hash] of this.#hashes.entries()) {
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
    this.#slots = slots;
  }

  #valueAt(place: number): string {
    const source = this.#sources[place] ?? nothing;
    return decoder.decode(source.subarray(this.#starts[place], this.#ends[place]));
  }

  /** Most clicks first; of equals the first in order. */
  ranked(withBots: boolean): Group[] {
    const counts = Float64Array.from(this.#people);
    if (withBots) for (const [place, clicks] of this.#bots.entries()) counts[place] = (counts[place] ?? 0) + clicks;
    let other = this.#otherPeople + (withBots ? this.#otherBots : 0);
    for (const clicks of counts) other += clicks;
    // Sorting numbers alone is many times as fast as sorting all groups, of which most are left out.
    const least = Math.max(1, counts.toSorted().at(-mostGroups) ?? 1);
    const shown: Group[] = [];
    for (const [place, clicks] of counts.entries())
      if (clicks >= least) shown.push({ value: this.#valueAt(place), clicks });
    shown.sort(byRank).splice(mostGroups);
    for (const { clicks } of shown) other -= clicks;
    return other === 0 ? shown : withOther(shown, other);
  }
}

const nothing = new Uint8Array(0);
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Other in each process, so that nobody can choose values that are all in one place. */
const seed = crypto.getRandomValues(new Int32Array(1))[0] ?? 0;

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 12);
}

function byRank(a: Group, b: Group): number {
  return b.clicks - a.clicks || (a.value < b.value ? -1 : 1);
}

/** A value may be called so. */
function withOther(groups: readonly Group[], other: number): Group[] {
  const real = groups.find(({ value }) => value === "other")?.clicks ?? 0;
  return [...groups.filter(({ value }) => value !== "other"), { value: "other", clicks: real + other }].sort(byRank);
}
