import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ClickBatch, ClickStore } from "../core/click.ts";
import type { Registry } from "../core/store.ts";
import type { Enricher } from "./enrich.ts";
import { pathOf, readDocument, type SegmentFile, segmentsIn, writeDocument } from "./files.ts";
import { magic } from "./format.ts";
import { Gathering, SegmentState } from "./gathering.ts";
import { type ClickNode, madeNode, nodeOf } from "./node.ts";
import { isOfAnother, type LastSent, PendingBatch } from "./pending.ts";
import { furthest, type Positions, positionsOf, textOf } from "./positions.ts";
import { dayLength, Salts } from "./salts.ts";

/** What a batch goes through, in this order. */
export const foldStages = ["gathered", "pending", "added", "moved", "removed"] as const;
export type FoldStage = (typeof foldStages)[number];

export interface FoldingOptions {
  readonly folder: string;
  readonly clicks: ClickStore;
  readonly registry: Registry;
  /** See `Store.id`. */
  readonly storeId: string;
  readonly enricher: Enricher;
  /** In ms. */
  readonly now: () => number;
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void };
  /** Called after each stage; a test ends the process there. */
  readonly reached?: (stage: FoldStage) => void;
  readonly mutants?: readonly ("position-first" | "no-batch-numbers")[];
}

/** A position names so many segments at most; what is beyond waits for the next batch. */
const mostSegments = 400;
/** Number and positions of the last batch that is known to be in. */
interface Last {
  number: number;
  positions: Positions;
}

/** The last of those that are gone are named too: a copy of this folder may still have them. */
const mostGone = 32;
/** A day's clicks are all read so long after its end, in ms, where nothing is left to read. */
const late = 600_000;

/**
 * Carries the clicks of all journals of a folder into the store, each once: a batch is written to a file of its own before
 * the store sees it, its number and the position after it go in together, and a segment is removed when all of it is in.
 * One for each folder at a time: the caller holds a lock.
 */
export class Folding {
  readonly #options: FoldingOptions;
  #node: ClickNode;
  readonly #pendingFile: PendingBatch;
  readonly #salts: Salts;
  readonly #reading = new Map<string, SegmentState>();
  /** Finished segments that were read to their end, and that end. */
  readonly #read = new Map<string, number>();
  readonly #bad = new Set<string>();
  /** A batch that a process before this one was about to send, and that may be in or not. */
  #sent: LastSent | undefined;
  #pending: ClickBatch | undefined;
  /** Whether the pending batch may have gone in before. */
  #isRepeated = false;
  readonly #startedAt: number;
  #gathering: Gathering;
  /** Clicks that were added since the start of this process. */
  counted = 0;
  /** `undefined`: to be asked for. */
  #last: Last | undefined;

  /** Throws what the file system says. */
  constructor(options: FoldingOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#node = nodeOf(options.folder, options.storeId);
    this.#pendingFile = new PendingBatch(options.folder);
    this.#salts = new Salts(options.registry, options.now);
    this.#gathering = this.#newGathering();
  }

  get writer(): string {
    return this.#node.writer;
  }

  /**
   * Adds what there is by now, in one batch. `true`: there is more. Throws what the store throws; called again it goes on
   * where it was.
   */
  async fold(): Promise<boolean> {
    this.#last ??= await this.#begin();
    const last = this.#last;
    if (this.#sent !== undefined) {
      this.#pending = await this.#gatherAgain(this.#sent);
      this.#sent = undefined;
    }
    if (this.#pending !== undefined && !(await this.#send(this.#pending, last))) return true;
    const more = await this.#gather(last);
    const since = textOf(last.positions);
    const head = { writer: this.#node.writer, number: last.number + 1, position: this.#position(last.positions) };
    const batch = this.#gathering.batch(head);
    if (batch !== undefined) {
      this.#reached("gathered");
      this.#pendingFile.write(batch, since);
      this.#pending = batch;
      this.#isRepeated = false;
      this.#gathering = this.#newGathering();
      this.#reached("pending");
      if (!(await this.#send(batch, last))) return true;
    }
    this.#remove(last);
    if (!more) await this.#salts.need(this.#node.writer, Math.floor((this.#options.now() - late) / dayLength));
    return more;
  }

  async #begin(): Promise<Last> {
    const { clicks, mutants } = this.#options;
    const { writer, before, from } = this.#node;
    const known = await clicks.last(writer);
    const number = known?.number ?? 0;
    let position = known?.position ?? from ?? "";
    if (number === 0 && from === undefined && before !== null) position = (await clicks.last(before))?.position ?? "";
    if (mutants?.includes("position-first")) position = readDocument<string>(this.#mutantFile) ?? position;
    const sent = this.#pendingFile.read();
    if (sent?.writer !== writer) return { number, positions: positionsOf(position) };
    if (mutants?.includes("no-batch-numbers") && !sent.isIn) this.#sent = { ...sent, number: number + 1 };
    else if (isOfAnother(sent, number, position))
      return this.#leave(
        furthest(positionsOf(position), positionsOf(sent.number < number ? sent.position : sent.since)),
      );
    // One with another number is in already, or was made for a store that has since been put back.
    else if (sent.number === number + 1 && !sent.isIn) this.#sent = { ...sent, since: position };
    this.#isRepeated = true;
    return { number, positions: positionsOf(position) };
  }

  /** `false`: it is not in, and this folder has another writer now. */
  async #send(batch: ClickBatch, last: Last): Promise<boolean> {
    const { clicks, mutants } = this.#options;
    if (mutants?.includes("position-first")) {
      writeDocument(this.#mutantFile, batch.position);
      this.#pendingFile.remove();
      this.#reached("moved");
    }
    const again = this.#isRepeated;
    this.#isRepeated = true;
    if (!(await clicks.add(batch))) {
      const there = await clicks.last(batch.writer);
      if (there?.position !== batch.position) {
        // One that was sent before, and that others followed, may be in: it is not sent a second time.
        const mayBeIn = again && (there?.number ?? 0) > batch.number;
        const own = mayBeIn ? positionsOf(batch.position) : last.positions;
        this.#last = await this.#leave(furthest(own, positionsOf(there?.position ?? "")));
        return false;
      }
    }
    this.#reached("added");
    for (const { clicks: count } of batch.tallies) this.counted += count;
    last.number = batch.number;
    last.positions = positionsOf(batch.position);
    this.#pending = undefined;
    this.#pendingFile.settle(batch);
    this.#reached("moved");
    return true;
  }

  /**
   * Another process adds under this folder's name: it has a copy of this folder. From here on this one has a name of its own.
   * Segments that were there before this process are in both copies, so the other one counts them.
   */
  async #leave(positions: Positions): Promise<Last> {
    const { folder, storeId, log } = this.#options;
    const { writer } = this.#node;
    for (const { name, finished, modified, size } of segmentsIn(folder))
      if (finished && modified < this.#startedAt) positions.set(name, size);
    this.#node = madeNode(folder, { store: storeId, before: writer, from: textOf(positions) });
    this.#pending = undefined;
    this.#pendingFile.remove();
    this.#reading.clear();
    this.#read.clear();
    this.#gathering = this.#newGathering();
    const why = "Another process adds clicks under the name of this data folder: it is a copy.";
    log.warn(`${why} From now on this one has another name.`, { before: writer, now: this.#node.writer });
    return { number: 0, positions };
  }

  /** The batch as it was: what is in the journals from where it began to where it ended. */
  async #gatherAgain({ writer, number, position, since }: LastSent): Promise<ClickBatch | undefined> {
    const { folder, now } = this.#options;
    const begins = positionsOf(since);
    const gathering = this.#newGathering();
    await this.#salts.learn(Math.floor(now() / dayLength));
    for (const [name, end] of positionsOf(position)) {
      const begin = begins.get(name) ?? 0;
      if (end <= begin) continue;
      const state = new SegmentState(begin);
      // Its writer may give it another suffix at any moment, once.
      for (let tries = 0; tries < 3 && state.reader.offset < end; tries++) {
        const path = pathOf(folder, name);
        if (path !== undefined) await this.#take(gathering, state, { name, path }, end);
      }
      if (state.reader.offset < end) this.#complain(name, "It is gone, or its end is.");
    }
    return gathering.batch({ writer, number, position });
  }

  async #gather({ positions }: { readonly positions: ReadonlyMap<string, number> }): Promise<boolean> {
    const { folder, now } = this.#options;
    const segments = segmentsIn(folder);
    for (const name of this.#reading.keys()) if (pathOf(folder, name) === undefined) this.#reading.delete(name);
    await this.#salts.learn(Math.floor(now() / dayLength));
    for (const segment of segments) {
      if (this.#read.has(segment.name)) continue;
      if (this.#gathering.isFull || this.#reading.size + this.#read.size >= mostSegments) return true;
      let state = this.#reading.get(segment.name);
      if (state === undefined) {
        state = new SegmentState(positions.get(segment.name) ?? 0);
        this.#reading.set(segment.name, state);
      }
      const taken = await this.#take(this.#gathering, state, segment);
      if (taken === "more") return true;
      if (taken === "all" && segment.finished) this.#finish(segment, state);
    }
    return false;
  }

  /** Whether it was read to the end of what there was; `bad`: it can't be read, which keeps the others from nothing. */
  async #take(
    gathering: Gathering,
    state: SegmentState,
    segment: Pick<SegmentFile, "name" | "path">,
    until?: number,
  ): Promise<"all" | "more" | "bad"> {
    for (;;) {
      try {
        if (gathering.take(state, segment.path, until)) return "all";
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        // Otherwise its writer finished it meanwhile: it has another suffix, and the next time will find it.
        if (code !== "ENOENT") this.#complain(segment.name, message);
        return "bad";
      }
      const { missingDay } = gathering;
      if (missingDay === undefined) return "more";
      await this.#salts.learn(missingDay);
    }
  }

  #complain(name: string, why: string): void {
    if (this.#bad.has(name)) return;
    this.#bad.add(name);
    this.#options.log.warn("A click journal can't be read; its clicks are not counted.", { name, why });
  }

  #finish({ name, size }: SegmentFile, state: SegmentState): void {
    const { offset } = state.reader;
    this.#read.set(name, offset);
    this.#reading.delete(name);
    // A process that ended in the middle of a write, or a loss of power.
    if (size > offset)
      this.#options.log.warn("The end of a click journal was torn off.", { name, bytes: size - offset });
  }

  #position(before: ReadonlyMap<string, number>): string {
    const positions = new Map(before);
    for (const [name, { reader }] of this.#reading) positions.set(name, Math.max(reader.offset, before.get(name) ?? 0));
    for (const [name, offset] of this.#read) positions.set(name, Math.max(offset, before.get(name) ?? 0));
    return textOf(positions);
  }

  /** Removes the segments of which all is in, and forgets the positions of those that are long gone. */
  #remove({ positions }: { readonly positions: Map<string, number> }): void {
    const { folder } = this.#options;
    for (const [name, end] of this.#read) {
      // Without any click there is nothing that could be in.
      if ((positions.get(name) ?? 0) < end && end > magic.length) continue;
      const path = pathOf(folder, name);
      if (path !== undefined) rmSync(path);
      this.#read.delete(name);
      this.#reached("removed");
    }
    const gone = [...positions.keys()].filter((name) => pathOf(folder, name) === undefined);
    for (const name of gone.slice(0, -mostGone)) positions.delete(name);
  }

  #newGathering(): Gathering {
    return new Gathering(this.#options.enricher, (day) => this.#salts.known(day));
  }

  #reached(stage: FoldStage): void {
    this.#options.reached?.(stage);
  }

  get #mutantFile(): string {
    return join(this.#options.folder, "position-first.json");
  }
}
