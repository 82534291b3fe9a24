import type { ClickBatch, Tally, Visit } from "../core/click.ts";
import { type Enricher, type Profile, unseen } from "./enrich.ts";
import { most } from "./format.ts";
import { Pairs } from "./pairs.ts";
import { type ClickSink, SegmentReader } from "./reader.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** A batch ends with the frame that reaches one of these. */
const mostClicks = 200_000;
const mostTallies = 50_000;
/** Of the clicks of one segment in one batch so many visits are kept, the latest, and one for each other link. */
const latestVisits = 4_096;
/** More profiles than a segment can have clicks. */
const profileBase = 2 ** 24;

/** A segment as the clerk reads it, with what it has worked out of what is defined there. */
export class SegmentState {
  readonly reader: SegmentReader;
  readonly profiles: Profile[] = [unseen];
  /** Places in `profiles`. */
  readonly numbers = new Map<number, number>();
  day = -1;

  constructor(from: number) {
    this.reader = new SegmentReader(from);
  }
}

/** Clicks of a link that are alike in everything, while profiles are added. */
interface GrowingTally {
  readonly values: readonly string[];
  clicks: number;
  visitors: Set<number> | readonly number[];
}

/**
 * The batch that is being made. A click costs a comparison, or a look-up and a place in an array: it is counted by link and
 * profile, and only what comes out of that is put into tallies. Those of two segments, or of two hours, stand apart.
 */
export class Gathering implements ClickSink {
  clicks = 0;
  /** The day whose salt is needed before anything more can be read. */
  missingDay: number | undefined;
  readonly #enricher: Enricher;
  /** `undefined`: not known yet. */
  readonly #saltOf: (day: number) => Uint8Array | null | undefined;
  readonly #tallies: Tally[] = [];
  readonly #visits: Visit[] = [];
  #state = new SegmentState(0);
  #salt: Uint8Array | null = null;
  #hour = 0;
  #time = 0;
  /** Where the segment is read no further, in bytes. */
  #until = Number.POSITIVE_INFINITY;
  // What the current run of frames holds.
  readonly #pairs = new Pairs();
  readonly #visitKeys = new Float64Array(latestVisits);
  readonly #visitTimes = new Float64Array(latestVisits);
  #visited = 0;
  // The last profile that was looked up.
  #agent = -1;
  #source = -1;
  #language = -1;
  #address = -1;
  #profile = 0;

  constructor(enricher: Enricher, saltOf: (day: number) => Uint8Array | null | undefined) {
    this.#enricher = enricher;
    this.#saltOf = saltOf;
  }

  get isFull(): boolean {
    if (this.clicks >= mostClicks) return true;
    const others = this.#tallies.length;
    return others + this.#pairs.atMost >= mostTallies && others + this.#pairs.atLeast >= mostTallies;
  }

  /**
   * Reads what is new in a segment, as far as the batch and the salts go. `true`: up to its end. With `until` it reads up to
   * there, whether the batch is full or not.
   */
  take(state: SegmentState, path: string, until = Number.POSITIVE_INFINITY): boolean {
    this.#state = state;
    this.#until = until;
    this.#agent = -1;
    this.missingDay = undefined;
    try {
      return state.reader.read(path, this);
    } finally {
      this.#settle();
    }
  }

  frame(time: number): boolean {
    if (this.#until === Number.POSITIVE_INFINITY ? this.isFull : this.#state.reader.offset >= this.#until) return false;
    const today = Math.floor(time / day);
    if (today !== this.#state.day) {
      const salt = this.#saltOf(today);
      if (salt === undefined) {
        this.missingDay = today;
        return false;
      }
      this.#settle();
      this.#state.day = today;
      this.#state.numbers.clear();
      this.#state.profiles.length = 1;
      this.#agent = -1;
    }
    this.#salt = this.#saltOf(today) ?? null;
    const thisHour = Math.floor(time / hour);
    if (thisHour !== this.#hour) {
      this.#settle();
      this.#hour = thisHour;
    }
    this.#time = time;
    return true;
  }

  click(link: number, agent: number, source: number, language: number, address: number): void {
    if (agent !== this.#agent || address !== this.#address || source !== this.#source || language !== this.#language) {
      this.#agent = agent;
      this.#source = source;
      this.#language = language;
      this.#address = address;
      this.#profile = this.#profileNumber();
    }
    const key = link * profileBase + this.#profile;
    this.#count(key);
    if (link === 0) return;
    const place = this.#visited++ % latestVisits;
    this.#visitKeys[place] = key;
    this.#visitTimes[place] = this.#time;
  }

  unseen(link: number): void {
    this.#count(link * profileBase);
  }

  /** The batch, or `undefined` if there was no click. */
  batch(head: Pick<ClickBatch, "writer" | "number" | "position">): ClickBatch | undefined {
    if (this.clicks === 0) return undefined;
    return { ...head, tallies: this.#tallies, visits: this.#visits };
  }

  #count(key: number): void {
    this.clicks++;
    this.#pairs.add(key);
  }

  #profileNumber(): number {
    const { numbers, profiles, reader } = this.#state;
    const key =
      ((this.#address * most.languages + this.#language) * most.sources + this.#source) * most.agents + this.#agent;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const { agents, sources, languages, addresses } = reader.defined;
    const profile = this.#enricher.profile(
      agents[this.#agent] ?? "",
      sources[this.#source] ?? "",
      languages[this.#language] ?? "",
      addresses[this.#address] ?? "",
      this.#salt,
    );
    numbers.set(key, profiles.length);
    return profiles.push(profile) - 1;
  }

  /** Puts what was counted by link and profile into the tallies of the hour. */
  #settle(): void {
    const { keys, counts } = this.#pairs.take();
    for (let from = 0, to = 0; from < keys.length; from = to) {
      const number = Math.floor((keys[from] ?? 0) / profileBase);
      const next = (number + 1) * profileBase;
      to = from + 1;
      while (to < keys.length && (keys[to] ?? 0) < next) to++;
      const { link, tags } = this.#linkOf(number);
      // Most links have one visitor, or a few.
      if (to === from + 1) {
        const { values, visitors } = this.#profileOf(keys[from] ?? 0, number);
        this.#tallies.push({ link, tags, hour: this.#hour, values, clicks: counts[from] ?? 0, visitors });
        continue;
      }
      for (const { values, clicks, visitors } of this.#alike(
        number,
        keys.subarray(from, to),
        counts.subarray(from, to),
      ))
        this.#tallies.push({ link, tags, hour: this.#hour, values, clicks, visitors: [...visitors] });
    }
    this.#keepVisits(keys);
  }

  /** The clicks of one link, put together where their values are alike. */
  #alike(number: number, keys: Float64Array, counts: Float64Array): Iterable<GrowingTally> {
    const alike = new Map<number, GrowingTally>();
    for (let at = 0; at < keys.length; at++) {
      const { values, valuesNumber, visitors } = this.#profileOf(keys[at] ?? 0, number);
      const clicks = counts[at] ?? 0;
      const growing = alike.get(valuesNumber);
      if (growing === undefined) {
        alike.set(valuesNumber, { values, clicks, visitors });
        continue;
      }
      growing.clicks += clicks;
      if (!(growing.visitors instanceof Set)) growing.visitors = new Set(growing.visitors);
      for (const visitor of visitors) growing.visitors.add(visitor);
    }
    return alike.values();
  }

  #profileOf(key: number, link: number): Profile {
    return this.#state.profiles[key - link * profileBase] ?? unseen;
  }

  #linkOf(number: number): Pick<Tally, "link" | "tags"> {
    if (number === 0) return unknown;
    const text = this.#state.reader.defined.links[number] ?? "";
    if (!text.includes("\n")) return { link: text, tags: noTags };
    const [link = "", ...tags] = text.split("\n");
    return { link, tags };
  }

  /** `keys`: all that were counted, in order. */
  #keepVisits(keys: Float64Array): void {
    const first = Math.max(0, this.#visited - latestVisits);
    const shown = new Set<number>();
    const keep = (key: number, time: number) => {
      const number = Math.floor(key / profileBase);
      shown.add(number);
      this.#visits.push({ link: this.#linkOf(number).link ?? "", time, values: this.#profileOf(key, number).values });
    };
    for (let i = first; i < this.#visited; i++)
      keep(this.#visitKeys[i % latestVisits] ?? 0, this.#visitTimes[i % latestVisits] ?? 0);
    // A link that is seldom followed is not pushed out by one that is followed all the time.
    let more = latestVisits;
    if (first > 0)
      for (const key of keys) {
        const number = Math.floor(key / profileBase);
        const isUnseen = key === number * profileBase;
        if (number > 0 && !isUnseen && !shown.has(number) && more-- > 0) keep(key, this.#time);
        if (more <= 0) break;
      }
    this.#visited = 0;
  }
}

const noTags: readonly string[] = [];
const unknown = { link: null, tags: noTags };
