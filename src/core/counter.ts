import { isReserved } from "./slug.ts";
import { type SlugMaker, slugAlphabet } from "./slugs.ts";

const base = slugAlphabet.length;
/** Nine characters count to 4.6e15, the last whole length below 2^53. */
const longestCounted = 9;
/** Feistel rounds. Four are proven enough for a good round function; the rest is margin, at 1 µs each. */
const rounds = 8;

/** A keyed pseudo-random function: 32 bits that depend on every part of `text`. */
export type KeyedHash = (text: string) => number;

/** Gives ids from 0 that nobody else gets, ever; some may be left out. */
export type IdSource = () => Promise<number>;

/**
 * Slugs from ids: all of the shortest length first, in an order that only the key tells, then all of the next length.
 * Distinct ids give distinct slugs.
 */
export function counterSlugs(shortest: number, hash: KeyedHash, nextId: IdSource): SlugMaker {
  return {
    byTarget: false,
    propose: async (_url, attempt) => {
      // A taken one belongs to a custom slug, and the next id is as good; the bound is for a store gone mad.
      if (attempt > 1000) return undefined;
      for (;;) {
        const slug = slugOfId(await nextId(), shortest, hash);
        if (slug === undefined || !isReserved(slug)) return slug;
      }
    },
  };
}

/** The slug of an id, or `undefined` beyond the last of nine characters. */
export function slugOfId(id: number, shortest: number, hash: KeyedHash): string | undefined {
  let rest = id;
  for (let length = shortest; length <= longestCounted; length++) {
    const count = base ** length;
    if (rest < count) return spell(permute(rest, length, hash), length);
    rest -= count;
  }
  return undefined;
}

/**
 * A keyed bijection of 0 .. 55^length - 1: a generalised Feistel network over two unequal halves
 * (J. Black, P. Rogaway: Ciphers with Arbitrary Finite Domains, CT-RSA 2002, section 6).
 */
function permute(value: number, length: number, hash: KeyedHash): number {
  const high = base ** Math.ceil(length / 2);
  const low = base ** Math.floor(length / 2);
  let left = Math.floor(value / low);
  let right = value % low;
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) left = (left + hash(`${length}:${round}:${right}`)) % high;
    else right = (right + hash(`${length}:${round}:${left}`)) % low;
  }
  return left * low + right;
}

function spell(value: number, length: number): string {
  let rest = value;
  let slug = "";
  for (let place = 0; place < length; place++) {
    slug = slugAlphabet.charAt(rest % base) + slug;
    rest = Math.floor(rest / base);
  }
  return slug;
}
