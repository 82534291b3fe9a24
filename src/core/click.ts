import type { VisitorLink } from "./link.ts";
import type { LinkArena } from "./link-arena.ts";

/** What clicks can be told apart by. The order is that of `Tally.values`. */
export const dimensions = [
  "referrer",
  "country",
  "region",
  "city",
  "browser",
  "os",
  "device",
  "language",
  "bot",
  "utm_source",
  "utm_medium",
  "utm_campaign",
] as const;
export type Dimension = (typeof dimensions)[number];

/** Dimensions that are looked up in a database of places. */
export const placeDimensions: readonly Dimension[] = ["country", "region", "city"];

/** What the licence of the bundled database (CC BY 4.0) wants to stand wherever places are shown. */
export const bundledCredit = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0";

export const clickUnits = ["hour", "day", "week", "month"] as const;
/** Weeks begin on Monday; all units are those of UTC. */
export type ClickUnit = (typeof clickUnits)[number];

/** What names a link in the counts: half of its creation token, so that a slug used again begins at nothing. */
export type ClickId = string;

export function clickIdOf(link: Pick<VisitorLink, "token">): ClickId {
  return link.token.slice(0, clickIdLength);
}

/** Characters of a click id: hexadecimal digits. */
export const clickIdLength = 16;

/** A link as it is followed: what the resolver keeps of it. */
export interface Followed {
  readonly link: VisitorLink;
  /** A place for the number under which the click journal knows the link; 0 at first. */
  mark: number;
}

/** What a visitor's program tells of itself, as it was sent, of any length; "" for what was not. */
export interface Origin {
  readonly agent: string;
  readonly referrer: string;
  readonly language: string;
  /** Places for the click journal: its numbers for the three, and for which of its segments they hold; 0 at first. */
  segment: number;
  agentMark: number;
  sourceMark: number;
  languageMark: number;
}

export function originOf(agent: string, referrer: string, language: string): Origin {
  return { agent, referrer, language, segment: 0, agentMark: 0, sourceMark: 0, languageMark: 0 };
}

/** Takes down what visitors did. Synchronous, and never throws: a redirect goes out whatever happens to its count. */
export interface ClickRecorder {
  /**
   * A GET was answered with a redirect, or (`link` undefined) found no link. `query` is what came after "?", as it was
   * sent, of any length. An `origin` may be used again for another request that tells the same.
   */
  record(link: Followed | undefined, origin: Origin, address: string, query: string): void;
  /** The same of a visitor who asks not to be watched (`DNT`, `Sec-GPC`): nothing but the count is kept. */
  recordUnseen(link: Followed | undefined): void;
  /** Both for the link at a place of the arena, which was asked for without a query. `origin` undefined: unseen. */
  recordAt(links: LinkArena, place: number, origin: Origin | undefined, address: string): void;
}

/** Answered redirects that are alike in everything that is counted. */
export interface Tally {
  /** `null`: a slug that nobody has. These are counted apart, and in no sum. */
  readonly link: ClickId | null;
  /** The link's tags when it was followed. */
  readonly tags: readonly string[];
  /** Whole hours since 1970, UTC. */
  readonly hour: number;
  /** One for each of `dimensions`, "" where it is not known. Alike tallies may share the array. "" for `bot`: a person. */
  readonly values: readonly string[];
  readonly clicks: number;
  /** Each visitor once: 52 bits of a hash with the day's salt. Empty for bots, and for those who asked not to be told apart. */
  readonly visitors: readonly number[];
}

/** One visit as it is shown, and kept for a while. */
export interface Visit {
  readonly link: ClickId;
  /** ms since 1970. */
  readonly time: number;
  readonly values: readonly string[];
}

/** What a writer adds at once. */
export interface ClickBatch {
  /** The node whose journals were folded. */
  readonly writer: string;
  /** Rises by 1. A batch whose number is not higher than the writer's last one changes nothing. */
  readonly number: number;
  /** Where the writer goes on in its journals after this batch: its own text, kept with the number. At most 64 KB. */
  readonly position: string;
  readonly tallies: readonly Tally[];
  readonly visits: readonly Visit[];
}

/** Whose clicks: a link's, those of all links that had a tag when they were followed, of all links, or of unknown slugs. */
export type ClickSubject =
  | { readonly of: "link"; readonly link: ClickId }
  | { readonly of: "tag"; readonly tag: string }
  | { readonly of: "all" }
  | { readonly of: "unknown" };

export interface ClickQuery {
  readonly subject: ClickSubject;
  /** ms since 1970; from the start of the unit that holds `from`, up to the unit that holds the last ms before `to`. */
  readonly from: number;
  readonly to: number;
  readonly unit: ClickUnit;
  /** `null`: no groups. */
  readonly by: Dimension | null;
  /** Whether bots are in `series` and `groups`. By `bot` they always are. */
  readonly bots: boolean;
}

export interface ClickAnswer {
  /** The unit of the series: a coarser one than asked where hours of that age are no longer kept. */
  readonly unit: ClickUnit;
  /** Without bots. */
  readonly total: number;
  readonly bots: number;
  /** An estimate; over several days a visitor counts once a day. */
  readonly unique: number;
  /** Only steps in which there was something, in order; `start` in ms. */
  readonly series: readonly { readonly start: number; readonly clicks: number; readonly unique: number }[];
  /** Most clicks first; at most 1,000, with the rest as `other`. */
  readonly groups: readonly { readonly value: string; readonly clicks: number }[];
}

/**
 * Counts of clicks, exact but for `unique`. What a batch adds is durable when `add` returns, all of it or nothing.
 * Throws as `Store` does.
 */
export interface ClickStore {
  /** The last batch a writer has put in, `undefined` if none. */
  last(writer: string): Promise<{ readonly number: number; readonly position: string } | undefined>;
  /**
   * Adds a batch. The same number again, or an older one, changes nothing, whatever is in it. One caller for each writer.
   * `false`: a batch of this number, or of a higher one, was in already.
   */
  add(batch: ClickBatch): Promise<boolean>;
  read(query: ClickQuery): Promise<ClickAnswer>;
  /** Redirects answered, bots included, in the order of the links; at most 1,000. */
  clicksOf(links: readonly ClickId[]): Promise<number[]>;
  /**
   * The latest visits of a link, latest first; at most 1,000, with those of the same ms as the last of them. `before`: only
   * earlier ones, in ms since 1970, so that the next page begins with the time of the last one's last visit. The latest
   * 1,000 are kept all, of older ones a sample, and none past the retention.
   */
  visits(link: ClickId, limit: number, before?: number): Promise<Visit[]>;
  /**
   * Housekeeping of this writer's counts, in slices of about `budget` ms: merges what was added, drops hours and visits
   * past their retention (`now` in ms). `true`: there is more to do. Never changes an answer but by retention.
   */
  tend(writer: string, now: number, budget: number): Promise<boolean>;
  /** For moving all of it into another store. */
  readonly contents: ClickContents;
}

/** One of the pieces that a writer's counts are kept in; its name says what it is, and its bytes never change. */
export interface ClickPiece {
  readonly name: string;
  /** Some 10 KB. */
  readonly bytes: Uint8Array;
}

/** What one writer has added, as the store keeps it. */
export interface ClickState {
  readonly writer: string;
  readonly number: number;
  readonly position: string;
  /** How its pieces make up its counts: the store's own text. */
  readonly order: string;
  /** The names of its pieces. */
  readonly pieces: readonly string[];
}

/** The counts of all writers as they are, so that in another store the same batches count as added. */
export interface ClickContents {
  states(): Promise<ClickState[]>;
  /** The pieces of a writer, of at most 100 names; those that were merged away since are left out. Throws `StoreDamaged`. */
  pieces(writer: string, names: readonly string[]): Promise<ClickPiece[]>;
  /** Takes over pieces of another store; they count when the state that names them is taken over. Repeating changes nothing. */
  adoptPieces(writer: string, pieces: readonly ClickPiece[]): Promise<void>;
  /**
   * Takes over a state whose pieces are all there, in place of an older one of the same writer, only for a store that nobody
   * else writes to. `unused`: pieces that were taken over for nothing, and will be removed. Durable when it returns.
   */
  adoptState(state: ClickState, unused: readonly string[]): Promise<void>;
}
