import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ClickRecorder, clickIdOf, type Followed, type Origin } from "../core/click.ts";
import type { VisitorLink } from "../core/link.ts";
import type { LinkArena } from "../core/link-arena.ts";
import { entry, longest, most } from "./format.ts";
import { Frame } from "./frame.ts";
import { Segment } from "./segment.ts";
import { Table } from "./table.ts";
import { writerName } from "./writer-name.ts";

export interface JournalOptions {
  /** Exists. */
  readonly folder: string;
  /** In ms. */
  readonly now: () => number;
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void };
  /** A segment ends at this size in bytes (16 MB), or so long after it began, in ms (a minute). */
  readonly segmentBytes?: number;
  readonly segmentAge?: number;
  /** Bytes of all segments in the folder together; beyond it nothing is written until some are counted (4 GB). */
  readonly folderBytes?: number;
}

/** After a write that failed, clicks are lost for so long before the next is tried, in ms. */
const retryAfter = 250;
const syncEvery = 1000;
/** The count of a link doesn't ask for its slug. */
const noId = { host: "", slug: "" } as const;

/**
 * The click journal of one worker, its only writer. What a turn of the event loop brings is one frame and one write at
 * the end of that turn; it is synced to disk each second. A click costs a few look-ups and some bytes.
 */
export class Journal implements ClickRecorder {
  readonly #options: JournalOptions;
  readonly #frame = new Frame();
  readonly #agents = new Table(most.agents, entry.agent, this.#frame);
  readonly #sources = new Table(most.sources, entry.source, this.#frame);
  readonly #languages = new Table(most.languages, entry.language, this.#frame);
  readonly #addresses = new Table(most.addresses, entry.address, this.#frame);
  readonly #name = writerName();
  readonly #ticker: Timer;
  readonly #writeLater = () => this.#write();
  #segment: Segment | undefined;
  /** Marks of links that this segment knows begin here: one more than those that are defined by now. */
  #firstMark = 1;
  #links = 0;
  /** When the first click of this turn came, in ms; 0: there was none. */
  #time = 0;
  #failing = false;
  #retryAt = 0;
  #segments = 0;
  /** Which segment the numbers of texts are of; also of one that is not made yet. */
  #serial = 1;
  #lostBefore = 0;
  /** Clicks that are in the file, and clicks that could not be written, since the start of this process. */
  written = 0;
  lost = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#ticker = setInterval(() => this.tick(), syncEvery);
    this.#ticker.unref();
  }

  record(link: Followed | undefined, origin: Origin, address: string, query: string): void {
    this.#ready();
    if (origin.segment !== this.#serial) this.#mark(origin);
    this.#frame.click(
      link === undefined ? 0 : this.#linkNumber(link),
      origin.agentMark,
      query === "" ? origin.sourceMark : this.#sources.number(sourceOf(origin.referrer, query)),
      origin.languageMark,
      this.#addressNumber(address),
    );
  }

  recordAt(links: LinkArena, place: number, origin: Origin | undefined, address: string): void {
    this.#ready();
    const link = links.markAt(place, this.#serial) || this.#define(links, place);
    if (origin === undefined) {
      this.#frame.unseen(link);
      return;
    }
    if (origin.segment !== this.#serial) this.#mark(origin);
    const { agentMark, sourceMark, languageMark } = origin;
    this.#frame.click(link, agentMark, sourceMark, languageMark, this.#addressNumber(address));
  }

  #addressNumber(address: string): number {
    return this.#addresses.number(address.length > longest.address ? address.slice(0, longest.address) : address);
  }

  /** Gives an origin the numbers of this segment. */
  #mark(origin: Origin): void {
    const { agent, referrer, language } = origin;
    origin.segment = this.#serial;
    origin.agentMark = this.#agents.number(agent.length > longest.agent ? agent.slice(0, longest.agent) : agent);
    origin.sourceMark = this.#sources.number(siteOf(referrer));
    origin.languageMark = this.#languages.number(firstTag(language));
  }

  recordUnseen(link: Followed | undefined): void {
    this.#ready();
    this.#frame.unseen(link === undefined ? 0 : this.#linkNumber(link));
  }

  /** Writes and syncs what is there, and ends the segment. Nothing may be recorded afterwards. */
  close(): void {
    clearInterval(this.#ticker);
    this.#write();
    this.#segment?.end();
    this.#segment = undefined;
  }

  /** Before each click. */
  #ready(): void {
    if (this.#time === 0) {
      this.#time = this.#options.now();
      setImmediate(this.#writeLater);
    } else if (!this.#frame.hasRoom || this.#isFull()) this.#flush();
  }

  /** In the middle of a turn that brought very much. */
  #flush(): void {
    const time = this.#time;
    this.#write();
    this.#time = time;
  }

  #write(): void {
    const frame = this.#frame;
    const { clicks } = frame;
    if (clicks > 0) {
      if (this.#append()) this.written += clicks;
      else this.lost += clicks;
    }
    frame.clear();
    this.#time = 0;
    const segment = this.#segment;
    if (segment !== undefined && (this.#isFull() || segment.length > (this.#options.segmentBytes ?? 16 << 20)))
      this.#endSegment();
  }

  /** `false`: it could not be written, and nothing of it is in the file. */
  #append(): boolean {
    const now = this.#time;
    try {
      if (this.#failing && now < this.#retryAt) throw new Error("The last write failed.");
      this.#segment ??= this.#newSegment(now);
      this.#segment.append(this.#frame.seal(now));
      if (this.#failing) this.#recovered();
      return true;
    } catch (error) {
      if (!this.#failing || now >= this.#retryAt) this.#failed(now, error);
      // What this frame defined is not in the file.
      this.#endSegment();
      return false;
    }
  }

  #newSegment(now: number): Segment {
    const { folder, folderBytes = 4 * 1024 ** 3 } = this.#options;
    if (bytesIn(folder) > folderBytes) throw new Error(`The journals have more than ${folderBytes} bytes.`);
    const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
    this.#segments++;
    return new Segment(folder, `${this.#name}-${this.#segments}-${random}`, now);
  }

  #endSegment(): void {
    this.#segment?.retire();
    this.#segment = undefined;
    this.#serial++;
    for (const table of [this.#agents, this.#sources, this.#languages, this.#addresses]) table.clear();
    this.#firstMark += most.links;
    this.#links = 0;
  }

  #failed(now: number, error: unknown): void {
    this.#retryAt = now + retryAfter;
    if (this.#failing) return;
    this.#failing = true;
    this.#lostBefore = this.lost;
    const why = error instanceof Error ? error.message : String(error);
    this.#options.log.warn("Clicks can't be written down; redirects go on, uncounted.", { why });
  }

  #recovered(): void {
    this.#failing = false;
    this.#options.log.warn("Clicks are counted again.", { lost: this.lost - this.#lostBefore });
  }

  #isFull(): boolean {
    return (
      this.#links >= most.links - 1 ||
      this.#agents.isFull ||
      this.#sources.isFull ||
      this.#languages.isFull ||
      this.#addresses.isFull
    );
  }

  #linkNumber(followed: Followed): number {
    const known = followed.mark - this.#firstMark;
    if (known >= 0) return known + 1;
    const { link } = followed;
    this.#frame.define(entry.link, linkText(link));
    followed.mark = this.#firstMark + this.#links;
    return ++this.#links;
  }

  #define(links: LinkArena, place: number): number {
    if (links.isBare(place)) this.#frame.defineId(entry.link, links.bytes, links.tokenAt(place));
    else this.#frame.define(entry.link, linkText(links.at(place, noId)));
    links.mark(place, this.#serial, ++this.#links);
    return this.#links;
  }

  /** Each second, at whatever point of a turn: syncs what was written, and ends a segment that is old. */
  tick(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (this.#options.now() - segment.openedAt < (this.#options.segmentAge ?? 60_000)) {
      segment.sync();
      return;
    }
    // What this turn brought so far stands on what this segment defined.
    this.#write();
    this.#endSegment();
  }
}

/** See `entry.link`. */
function linkText(link: VisitorLink): string {
  return [clickIdOf(link), ...link.tags].join("\n");
}

/** Scheme and host of a referrer: its path is nobody's business. */
function siteOf(referrer: string): string {
  if (referrer === "") return "";
  const end = referrer.indexOf("/", 8);
  return referrer.slice(0, end === -1 || end > longest.referrer ? longest.referrer : end);
}

/** See `entry.source`. */
function sourceOf(referrer: string, query: string): string {
  const site = siteOf(referrer);
  if (!query.includes("utm_")) return site;
  const parts = query.split("&", 100).filter((part) => /^utm_(?:source|medium|campaign)=/.test(part));
  return parts.length === 0 ? site : `${site}\n${parts.join("&").slice(0, longest.query)}`;
}

/** Of "en-GB,en;q=0.9" the first. */
function firstTag(language: string): string {
  let end = 0;
  const limit = Math.min(language.length, longest.language);
  while (end < limit) {
    const code = language.charCodeAt(end);
    if (code === 0x2c /* , */ || code === 0x3b /* ; */) break;
    end++;
  }
  return end === language.length ? language : language.slice(0, end);
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    // One that was counted and removed meanwhile takes no room.
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
