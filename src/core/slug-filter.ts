/** 32-bit words before the bits: the seed, and how many keys were added. */
const headWords = 2;
/** Bits for each key that a filter is made for, and places that a key marks: one unknown key in 400 looks known then. */
const bitsPerKey = 16;
const marks = 4;

/**
 * A set of keys that errs on one side: a key that was added is always in it, and a few others seem to be (a Bloom filter;
 * Kirsch and Mitzenmacher 2006 for its places out of two hashes). It stands in memory that one process writes and others
 * read at the same time: a mark is one store of one word.
 */
export class SlugFilter {
  readonly #words: Uint32Array;
  readonly #seed: number;
  readonly #bits: number;

  /** `words`: what `make` made, or a view of the same memory. */
  constructor(words: Uint32Array) {
    this.#words = words;
    this.#seed = words[0] ?? 0;
    this.#bits = (words.length - headWords) * 32;
  }

  /** How many bytes a filter for so many keys takes: at most 2^32 bits, which is 268 million keys. */
  static bytesFor(keys: number): number {
    const words = Math.ceil((Math.max(keys, 1024) * bitsPerKey) / 32);
    return (headWords + Math.min(words, 2 ** 27)) * 4;
  }

  /** Makes memory full of zeros an empty filter. `seed` makes its places hard to guess. */
  static make(words: Uint32Array, seed: number): SlugFilter {
    words[0] = seed;
    return new SlugFilter(words);
  }

  /** How many keys were added, the same one twice counted twice. */
  get added(): number {
    return this.#words[1] ?? 0;
  }

  /** How many keys may be added before more than one unknown key in 400 seems known. */
  get capacity(): number {
    return Math.floor(this.#bits / bitsPerKey);
  }

  add(key: string): void {
    const words = this.#words;
    const [first, step] = hashes(key, this.#seed);
    for (let i = 0, place = first; i < marks; i++, place = (place + step) >>> 0) {
      const bit = place % this.#bits;
      const at = headWords + (bit >>> 5);
      words[at] = (words[at] ?? 0) | (1 << (bit & 31));
    }
    words[1] = (words[1] ?? 0) + 1;
  }

  /** `false`: it was never added. */
  mayHave(key: string): boolean {
    const words = this.#words;
    const [first, step] = hashes(key, this.#seed);
    for (let i = 0, place = first; i < marks; i++, place = (place + step) >>> 0) {
      const bit = place % this.#bits;
      if (((words[headWords + (bit >>> 5)] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Two hashes of a key in one pass, each ended by the finaliser of MurmurHash3. */
function hashes(key: string, seed: number): [number, number] {
  let one = seed | 0;
  let two = ~seed;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    one = Math.imul(one ^ code, 0x01000193);
    one ^= one >>> 15;
    two = Math.imul(two ^ code, 0x5bd1e995);
    two ^= two >>> 13;
  }
  // An odd step comes to every place.
  return [finished(one ^ key.length), finished(two) | 1];
}

function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
