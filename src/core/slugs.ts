import { isReserved } from "./slug.ts";

/** A way to make slugs. */
export interface SlugMaker {
  /** The same target always gets the same slugs, so a slug that is taken by the same target is the answer. */
  readonly byTarget: boolean;
  /** A slug for the target; `attempt` counts from 0. `undefined`: no more will come. */
  propose(url: string, attempt: number): Promise<string | undefined>;
}

/** Letters and digits without those that look alike (0 O o, 1 l I i). 55 of them. */
export const slugAlphabet = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

/** Tries of one length before the next one is taken. */
const triesPerLength = 3;
/** Random slugs grow by at most this much before creation fails. */
const mostGrowth = 6;

/** Random slugs of `length` characters, longer when tries collide. `randomBytes` must be cryptographic. */
export function randomSlugs(length: number, randomBytes: (count: number) => Uint8Array): SlugMaker {
  return {
    byTarget: false,
    propose: async (_url, attempt) => {
      const grown = Math.floor(attempt / triesPerLength);
      return grown > mostGrowth ? undefined : unreserved(() => draw(length + grown, randomBytes));
    },
  };
}

/** Uniform by rejection: a byte is used only below the largest multiple of the alphabet's size. */
function draw(length: number, randomBytes: (count: number) => Uint8Array): string {
  const size = slugAlphabet.length;
  const bound = 256 - (256 % size);
  let slug = "";
  while (slug.length < length)
    for (const byte of randomBytes(length * 2))
      if (byte < bound && slug.length < length) slug += slugAlphabet.charAt(byte % size);
  return slug;
}

function unreserved(make: () => string): string {
  for (;;) {
    const slug = make();
    if (!isReserved(slug)) return slug;
  }
}

/** The shortest and longest slug of strategy `hash`. */
export const hashLengths = { shortest: 12, longest: 20 } as const;

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * Slugs from the target: its SHA-256 in base32 (RFC 4648, lower case), 12 characters, one more at each collision up
 * to 20. `digest` must give at least 13 bytes.
 */
export function hashSlugs(digest: (text: string) => Uint8Array): SlugMaker {
  return {
    byTarget: true,
    propose: async (url, attempt) => {
      const length = hashLengths.shortest + attempt;
      return length > hashLengths.longest ? undefined : toBase32(digest(url)).slice(0, length);
    },
  };
}

function toBase32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let out = "";
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += base32.charAt((held >> bits) & 31);
    }
  }
  return out;
}
