/**
 * A segment of the click journal: the magic bytes, then frames. A frame is what one turn of a worker's event loop
 * brought: length (4 bytes, little endian) and CRC-32 of the body, then the body: the time (8 bytes, a float, ms since
 * 1970) and entries. Whatever repeats is defined once in a segment, in an entry of its own, and from then on is a small
 * number: 0 is "nothing", the first defined is 1.
 */
export const magic = Buffer.from("curtclk1", "latin1");
/** Length and checksum. */
export const frameHead = 8;
/** The time. */
export const bodyHead = 8;

/** The first byte of an entry. */
export const entry = {
  /** link, agent, source, language, address: five numbers. */
  click: 1,
  /** link: one number. */
  unseen: 2,
  /** A text: the link's click id and its tags, with line ends between. */
  link: 3,
  /** A text: a user agent. */
  agent: 4,
  /** A text: where the visitor came from: the referrer's origin, a line end, the `utm_` parts of the query. */
  source: 5,
  /** A text: a language tag. */
  language: 6,
  /** A text: an address. */
  address: 7,
} as const;

/** How many of each a segment defines at most. `addresses * languages * sources * agents` stays below 2^52. */
export const most = { links: 131_072, agents: 8_192, sources: 8_192, languages: 1_024, addresses: 65_536 } as const;

/** Characters that are kept of a text. */
export const longest = { agent: 500, referrer: 200, query: 400, language: 35, address: 45 } as const;

/** A frame's body, in bytes, at most; longer ones are damage. */
export const mostBody = 1024 * 1024;

/** `NAME.open` is being written; `NAME.done` is finished, and will be removed when all of it is counted. */
export const openSuffix = ".open";
export const doneSuffix = ".done";
