import type { ClickBatch, ClickId, Tally, Visit } from "../core/click.ts";
import { type Enricher, type Profile, unseen } from "./enrich.ts";
import { most } from "./format.ts";
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

/** A link with the tags it had, in an hour. */
interface LinkGroup {
  readonly link: ClickId | null;
  readonly tags: readonly string[];
  /** By the number of the profile's values. */
  readonly group: Map<number, GrowingTally>;
}

interface GrowingTally {
  readonly tally: Omit<Tally, "clicks" | "visitors">;
  clicks: number;
  visitors: Set<number> | undefined;
}

/**
 * The batch that is being made. A click costs a comparison, or one or two look-ups: it is counted by link and profile, and
 * only what comes out of that is put into tallies.
 */
export class Gathering implements ClickSink {
  clicks = 0;
  /** The day whose salt is needed before anything more can be read. */
  missingDay: number | undefined;
  readonly #enricher: Enricher;
  /** `undefined`: not known yet. */
  readonly #saltOf: (day: number) => Uint8Array | null | undefined;
  readonly #tallies = new Map<string, Map<number, GrowingTally>>();
  readonly #visits: Visit[] = [];
  #size = 0;
  #state = new SegmentState(0);
  #salt: Uint8Array | null = null;
  #hour = 0;
  #time = 0;
  // What the current run of frames holds.
  readonly #pairs = new Map<number, number>();
  #runKey = -1;
  #runCount = 0;
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
    return this.clicks >= mostClicks || this.#size + this.#pairs.size >= mostTallies;
  }

  /** Reads what is new in a segment, as far as the batch and the salts go. `true`: up to its end. */
  take(state: SegmentState, path: string): boolean {
    this.#state = state;
    this.#agent = -1;
    this.missingDay = undefined;
    try {
      return state.reader.read(path, this);
    } finally {
      this.#settle();
    }
  }

  frame(time: number): boolean {
    if (this.isFull) return false;
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
    const tallies: Tally[] = [];
    for (const group of this.#tallies.values())
      for (const { tally, clicks, visitors } of group.values())
        tallies.push({ ...tally, clicks, visitors: visitors === undefined ? [] : [...visitors] });
    return { ...head, tallies, visits: this.#visits };
  }

  #count(key: number): void {
    this.clicks++;
    if (key === this.#runKey) {
      this.#runCount++;
      return;
    }
    this.#endRun();
    this.#runKey = key;
    this.#runCount = 1;
  }

  #endRun(): void {
    if (this.#runCount > 0) this.#pairs.set(this.#runKey, (this.#pairs.get(this.#runKey) ?? 0) + this.#runCount);
    this.#runCount = 0;
    this.#runKey = -1;
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
    this.#endRun();
    const { profiles } = this.#state;
    // By the link's number, which is worked out once for all its profiles.
    const groups = new Map<number, LinkGroup>();
    for (const [key, clicks] of this.#pairs) {
      const number = Math.floor(key / profileBase);
      const profile = profiles[key - number * profileBase] ?? unseen;
      let linked = groups.get(number);
      if (linked === undefined) {
        linked = this.#linkGroup(number);
        groups.set(number, linked);
      }
      const { link, tags, group } = linked;
      let growing = group.get(profile.valuesNumber);
      if (growing === undefined) {
        growing = { tally: { link, tags, hour: this.#hour, values: profile.values }, clicks: 0, visitors: undefined };
        group.set(profile.valuesNumber, growing);
        this.#size++;
      }
      growing.clicks += clicks;
      if (profile.visitor !== undefined) {
        growing.visitors ??= new Set();
        growing.visitors.add(profile.visitor);
      }
    }
    this.#keepVisits();
    this.#pairs.clear();
  }

  #linkGroup(number: number): LinkGroup {
    const [id = "", ...tags] = this.#state.reader.defined.links[number] ?? [];
    const key = `${this.#hour} ${number === 0 ? "" : [id, ...tags].join("\n")}`;
    let group = this.#tallies.get(key);
    if (group === undefined) {
      group = new Map();
      this.#tallies.set(key, group);
    }
    return { link: number === 0 ? null : id, tags, group };
  }

  #keepVisits(): void {
    const shown = new Set<number>();
    const keep = (key: number, time: number) => {
      const number = Math.floor(key / profileBase);
      shown.add(number);
      const link: ClickId = this.#state.reader.defined.links[number]?.[0] ?? "";
      const { values } = this.#state.profiles[key - number * profileBase] ?? unseen;
      this.#visits.push({ link, time, values });
    };
    const first = Math.max(0, this.#visited - latestVisits);
    for (let i = first; i < this.#visited; i++)
      keep(this.#visitKeys[i % latestVisits] ?? 0, this.#visitTimes[i % latestVisits] ?? 0);
    // A link that is seldom followed is not pushed out by one that is followed all the time.
    let more = latestVisits;
    if (first > 0)
      for (const key of this.#pairs.keys()) {
        const number = Math.floor(key / profileBase);
        const isUnseen = key === number * profileBase;
        if (number > 0 && !isUnseen && !shown.has(number) && more-- > 0) keep(key, this.#time);
      }
    this.#visited = 0;
  }
}
