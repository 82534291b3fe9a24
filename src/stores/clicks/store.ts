import {
  type ClickAnswer,
  type ClickBatch,
  type ClickContents,
  type ClickId,
  type ClickQuery,
  type ClickStore,
  dimensions,
  type Visit,
} from "../../core/click.ts";
import { StoreUnavailable } from "../../core/store.ts";
import { answer } from "./answer.ts";
import { runsOfBatch } from "./batch.ts";
import { BlockReader } from "./block.ts";
import { KeptClickContents } from "./contents.ts";
import type { ClickKeeper, Head } from "./keeper.ts";
import { type CellKey, linkKey, tuplesCell } from "./keys.ts";
import { dayMs, hourMs } from "./periods.ts";
import { RunReader } from "./reader.ts";
import { emptyManifest, type Manifest, readManifest, takenOver, writeManifest } from "./runs.ts";
import { Sums } from "./sums.ts";
import { Tending } from "./tending.ts";
import { Rows, textAt } from "./values.ts";
import { type KeptVisit, keptOf, readVisits } from "./visits.ts";

export interface KeptClicksOptions {
  readonly keeper: ClickKeeper;
  /** ms since 1970: what is past its retention is not answered. */
  readonly clock: () => number;
  /** How many days hours are told apart, and visits kept. */
  readonly hourDays?: number;
  readonly visitDays?: number;
  /** How many bytes of blobs are remembered (0): where asking the keeper for them takes time. */
  readonly memory?: number;
  /** For tests, which must fail with it: batches are added whatever their number; blocks are believed without checksum. */
  readonly mutants?: readonly ("numbers-ignored" | "blocks-trusted")[];
}

/** What was last known of a writer that this process adds for. */
interface Held {
  readonly head: Head;
  readonly manifest: Manifest;
}

const mostPosition = 65_536;
const mostLinks = 1000;
const mostVisits = 1000;
/** How often a change begins again because another process changed the head first. */
const mostTries = 20;

/**
 * The counts of clicks on any engine that keeps blobs. What a batch adds becomes a few sorted, immutable runs of its
 * writer; a read looks a subject up in each run and adds up; `tend` merges runs so that they stay few.
 */
export class KeptClicks implements ClickStore {
  readonly contents: ClickContents;
  readonly #keeper: ClickKeeper;
  readonly #clock: () => number;
  readonly #hourDays: number;
  readonly #visitDays: number;
  readonly #reader: RunReader;
  readonly #ignoresNumbers: boolean;
  readonly #rows = new Rows();
  #closed = false;
  readonly #held = new Map<string, Held>();
  readonly #tending = new Map<string, Tending>();
  /** Changes of one writer's head are made one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor({ keeper, clock, hourDays = 90, visitDays = 30, memory = 0, mutants = [] }: KeptClicksOptions) {
    this.#keeper = keeper;
    this.#clock = clock;
    this.#hourDays = hourDays;
    this.#visitDays = visitDays;
    this.#ignoresNumbers = mutants.includes("numbers-ignored");
    this.contents = new KeptClickContents(keeper);
    this.#reader = new RunReader(keeper, memory, mutants.includes("blocks-trusted"));
  }

  async last(writer: string): Promise<{ number: number; position: string } | undefined> {
    this.#assertOpen();
    const head = await this.#keeper.head(writer);
    if (head === undefined) return undefined;
    readManifest(writer, head);
    return head.number < 0 ? undefined : { number: head.number, position: head.position };
  }

  async add(batch: ClickBatch): Promise<boolean> {
    this.#assertOpen();
    const { writer, number, position } = batch;
    if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`A batch has no number ${number}.`);
    if (Buffer.byteLength(position) > mostPosition)
      throw new RangeError(`A position has at most ${mostPosition} bytes.`);
    const retention = this.#retention(this.#clock());
    let isNew = true;
    await this.#change(writer, ({ head, manifest }) => {
      isNew = number > head.number || this.#ignoresNumbers;
      if (!isNew) return undefined;
      const made = runsOfBatch(batch, manifest, retention, this.#rows);
      return { number, position, manifest: made.manifest, blobs: made.blobs };
    });
    return isNew;
  }

  async read(query: ClickQuery): Promise<ClickAnswer> {
    this.#assertOpen();
    const { hoursFrom } = this.#retention(this.#clock());
    return this.#reader.over("counts", (runs) => answer(this.#reader, runs, query, hoursFrom));
  }

  async clicksOf(links: readonly ClickId[]): Promise<number[]> {
    this.#assertOpen();
    if (links.length > mostLinks) throw new RangeError(`At most ${mostLinks} links at once, not ${links.length}.`);
    const keys = links.map(linkKey);
    const between = keys.map((key): [CellKey, CellKey] => [
      { ...key, cell: tuplesCell },
      { ...key, cell: tuplesCell },
    ]);
    return this.#reader.over("sums", async (runs) => {
      const contents = await this.#reader.blocks(runs.map((of) => ({ of, between })));
      const sums = new Sums(keys);
      for (const blocks of contents) sums.addRun(blocks);
      return sums.all;
    });
  }

  async visits(link: ClickId, limit: number, before = Number.POSITIVE_INFINITY): Promise<Visit[]> {
    this.#assertOpen();
    const most = Math.min(limit, mostVisits);
    const key: CellKey = { ...linkKey(link), cell: tuplesCell };
    const since = this.#retention(this.#clock()).visitsFrom * hourMs;
    return this.#reader.over("visits", async (runs) => {
      const contents = await this.#reader.blocks(runs.map((of) => ({ of, between: [[key, key]] as const })));
      const found: { time: number; values: string[] }[] = [];
      for (const blocks of contents) for (const content of blocks) found.push(...visitsIn(content, key));
      const kept = keptOf(found, since).filter(({ time }) => time < before);
      // Visits of the same ms are on one page, so that the next one begins before it.
      let end = Math.min(most, kept.length);
      while (end > 0 && end < kept.length && kept[end]?.time === kept[end - 1]?.time) end++;
      return kept.slice(0, end).map(({ time, values }) => ({ link, time, values }));
    });
  }

  async tend(writer: string, now: number, budget: number): Promise<boolean> {
    this.#assertOpen();
    let tending = this.#tending.get(writer);
    if (tending === undefined) {
      tending = new Tending(writer, this.#keeper, (change) => this.#change(writer, change));
      this.#tending.set(writer, tending);
    }
    const retention = { ...this.#retention(now), now: Math.floor(now / hourMs) };
    try {
      return await tending.go(retention, budget);
    } catch (error) {
      // What was begun is begun anew: its blobs are removed by then.
      this.#tending.delete(writer);
      throw error;
    }
  }

  /** Closes the keeper too. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#keeper.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreUnavailable("The store was closed.");
  }

  /** In hours: from the beginnings of days, so that a day is never cut. */
  #retention(now: number): { readonly hoursFrom: number; readonly visitsFrom: number } {
    const today = Math.floor(now / dayMs);
    return { hoursFrom: (today - this.#hourDays) * 24, visitsFrom: Math.floor(now / hourMs) - this.#visitDays * 24 };
  }

  /**
   * Changes what the store knows of a writer by compare-and-set. `make` sees the newest state and gives the next one, or
   * `undefined` for none.
   */
  #change(writer: string, make: (held: Held) => Change | undefined): Promise<void> {
    const before = this.#turns.get(writer) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#changeNow(writer, make));
    this.#turns.set(writer, turn);
    return turn;
  }

  async #changeNow(writer: string, make: (held: Held) => Change | undefined): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      const held = this.#held.get(writer) ?? (await this.#takeOver(writer));
      if (held === undefined) continue;
      const change = make(held);
      if (change === undefined) return;
      const { number, position, manifest, blobs } = change;
      const runs = writeManifest(writer, { number, position }, manifest);
      const head: Head = { version: held.head.version + 1, number, position, runs };
      this.#held.delete(writer);
      const done = await this.#keeper.advance(writer, head, blobs);
      if (!done) continue;
      this.#held.set(writer, { head, manifest });
      this.#reader.forget();
      return;
    }
    throw new StoreUnavailable(`Another process changes the counts of writer ${writer} all the time.`);
  }

  /**
   * Reads the newest state, and raises its epoch: what another process has begun can go in no more. `undefined`: somebody else was first.
   */
  async #takeOver(writer: string): Promise<Held | undefined> {
    const found = await this.#keeper.head(writer);
    const old = found === undefined ? emptyManifest : readManifest(writer, found);
    const manifest = takenOver(old);
    const { version, number, position } = found ?? { version: 0, number: -1, position: "" };
    const head: Head = {
      version: version + 1,
      number,
      position,
      runs: writeManifest(writer, { number, position }, manifest),
    };
    if (!(await this.#keeper.advance(writer, head, []))) return undefined;
    // A merge that was begun before can't go in any more either.
    this.#tending.delete(writer);
    const held = { head, manifest };
    this.#held.set(writer, held);
    return held;
  }
}

/** The next state of a writer. */
export interface Change extends Pick<Head, "number" | "position"> {
  readonly manifest: Manifest;
  readonly blobs: Parameters<ClickKeeper["advance"]>[2];
}

function visitsIn(content: Uint8Array, key: CellKey): { time: number; values: string[] }[] {
  const block = new BlockReader(content);
  const visits: KeptVisit[] = [];
  while (block.advance()) if (block.isAt(key)) readVisits(block.value, block.ownNumbers(), visits);
  return visits.map(({ time, row }) => ({
    time,
    values: dimensions.map((_, dimension) => textAt(block.texts(dimension), row[dimension] ?? 0)),
  }));
}
