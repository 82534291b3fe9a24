import type { BlobKey } from "./block.ts";
import { BlockReader, damagedBlob, Gone, unseal } from "./block.ts";
import type { Blob, ClickKeeper } from "./keeper.ts";
import { cellKind, type Grain, type SubjectKey, tuplesCell } from "./keys.ts";
import { firstDayOf, hourMs } from "./periods.ts";
import { RunWriter } from "./run-writer.ts";
import type { Run } from "./runs.ts";
import { Sketch } from "./sketch.ts";
import { writeCell, writeSubject } from "./subjects.ts";
import { Groups, type TableCell, Totals, tablesOf, trimGroups } from "./tables.ts";
import { byHour, type Remap, readTuples, rewriteTuples, type Tuple } from "./tuples.ts";
import { Values } from "./values.ts";
import { type KeptVisit, keptOf, readVisits, writeVisits } from "./visits.ts";

/** Goes through the cells of a run, block by block. */
class RunCursor {
  readonly #load: (key: BlobKey) => Promise<Uint8Array>;
  readonly #writer: string;
  readonly #run: Run;
  #number = 0;
  #values: Values;
  block: BlockReader | undefined;
  remap: Remap = [];

  constructor(writer: string, run: Run, values: Values, load: (key: BlobKey) => Promise<Uint8Array>) {
    this.#writer = writer;
    this.#run = run;
    this.#values = values;
    this.#load = load;
  }

  /** `true`, if the next cell is there at once; `false`: `nextBlock` first. */
  advance(): boolean {
    return this.block?.advance() === true;
  }

  /** Goes to the first cell of the next block; `block` is `undefined` if there is none. */
  async nextBlock(): Promise<void> {
    this.block = undefined;
    if (this.#number >= this.#run.blocks) return;
    this.#number++;
    const key = { writer: this.#writer, run: this.#run.id, block: this.#number };
    const block = new BlockReader(unseal(key, await this.#load(key)));
    if (!block.advance()) throw damagedBlob(key);
    this.block = block;
    this.remap = block.remap(this.#values);
  }

  use(values: Values): void {
    this.#values = values;
    if (this.block !== undefined) this.remap = this.block.remap(values);
  }
}

export interface MergeOptions {
  readonly keeper: ClickKeeper;
  readonly writer: string;
  /** Of one family. */
  readonly inputs: readonly Run[];
  readonly id: number;
  readonly level: number;
  /** See `runsOfBatch`, in hours. */
  readonly hoursFrom: number;
  readonly visitsFrom: number;
  /** The hour that it is: periods that ended two days before get no more clicks. */
  readonly now: number;
}

/** Values in memory at once, over all dimensions. */
const mostValues = 200_000;
/** Blobs that are kept at once, and blocks that are read ahead. */
const savedTogether = 32;

/**
 * Merges runs into one, whose blobs are saved; gives it at the end, `undefined` if nothing is left of them. Stops after every
 * few subjects, so that the caller can go on when it likes.
 */
export async function* mergeRuns(options: MergeOptions): AsyncGenerator<void, Run | undefined> {
  const { keeper, writer, inputs, id, level, hoursFrom, visitsFrom } = options;
  const [{ family } = { family: "counts" as const }] = inputs;
  let values = new Values();
  const out = new RunWriter(writer, id, family, values);
  const load = async (key: BlobKey) => {
    const [bytes] = await keeper.load([key]);
    if (bytes === undefined) throw new Gone(key);
    return bytes;
  };
  const cursors = inputs.map((run) => new RunCursor(writer, run, values, load));
  for (const cursor of cursors) await cursor.nextBlock();
  const open = cursors.filter(({ block }) => block !== undefined);
  const refill = async (cursor: RunCursor) => {
    await cursor.nextBlock();
    if (cursor.block === undefined) open.splice(open.indexOf(cursor), 1);
  };
  const merge: Merge = { out, refill, options, values: () => values, groups: new Groups() };
  for (let count = 0; open.length > 0; count++) {
    const at = leastOf(open);
    const [{ block } = {}] = at;
    if (block === undefined) break;
    const { hi, lo } = block;
    if (family === "counts" && (at.length > 1 || block.cell !== tuplesCell)) {
      const tuples = await takeTuples(at, merge);
      const tables = at.filter((cursor) => cursor.block?.isAt({ hi, lo }));
      if (tables.length === 0) writeSubject(out, { hi, lo }, tuples, hoursFrom);
      else yield* mergeTables(merge, { hi, lo }, tablesOf(tuples, hoursFrom), tables);
    } else {
      if (family === "counts") copyTuples(at, out);
      else if (family === "sums") mergeSums(at, out);
      else mergeVisits(at, out, visitsFrom * hourMs);
      for (const cursor of at) if (!cursor.advance()) await refill(cursor);
    }
    if (out.ready >= savedTogether) await saveAll(keeper, out.take());
    if (values.size > mostValues) {
      values = new Values();
      out.use(values);
      for (const cursor of open) cursor.use(values);
    }
    if (count % 64 === 0) yield;
  }
  const floor = family === "visits" ? visitsFrom : hoursFrom;
  for (const { from, to, hoursFrom: told } of inputs)
    if (to > 0) out.covers(family === "visits" ? Math.max(from, floor) : from, to, Math.max(told, floor));
  const run = out.finish(level);
  await saveAll(keeper, out.take());
  return run;
}

async function saveAll(keeper: ClickKeeper, blobs: readonly Blob[]): Promise<void> {
  for (let from = 0; from < blobs.length; from += savedTogether)
    await keeper.save(blobs.slice(from, from + savedTogether));
}

/** Those that are at the first subject in the order of a run. */
function leastOf(cursors: readonly RunCursor[]): RunCursor[] {
  let at: RunCursor[] = [];
  let hi = Number.POSITIVE_INFINITY;
  let lo = 0;
  for (const cursor of cursors) {
    const { block } = cursor;
    if (block === undefined || block.hi > hi || (block.hi === hi && block.lo > lo)) continue;
    if (block.hi === hi && block.lo === lo) {
      at.push(cursor);
      continue;
    }
    hi = block.hi;
    lo = block.lo;
    at = [cursor];
  }
  return at;
}

interface Merge {
  readonly out: RunWriter;
  readonly refill: (cursor: RunCursor) => Promise<void>;
  readonly options: MergeOptions;
  readonly values: () => Values;
  /** For one cell at a time. */
  readonly groups: Groups;
}

// All cursors of these are at one subject, and none goes on: most subjects are in one run, so nothing may wait here.

/** Of a subject that one run has, as tuples, nothing changes but the numbers of its values. */
function copyTuples([cursor]: readonly RunCursor[], out: RunWriter): void {
  if (cursor?.block === undefined) return;
  const { hi, lo, cell, value } = cursor.block;
  rewriteTuples(value, cursor.remap, out.begin(hi, lo, cell), out.values);
  out.end();
}

function mergeSums(at: readonly RunCursor[], out: RunWriter): void {
  let sum = 0;
  for (const { block } of at) sum += block?.value.varint() ?? 0;
  const [{ block } = {}] = at;
  if (block === undefined) return;
  out.begin(block.hi, block.lo, tuplesCell).varint(sum);
  out.end();
}

function mergeVisits(at: readonly RunCursor[], out: RunWriter, since: number): void {
  const visits: KeptVisit[] = [];
  for (const { block, remap } of at) if (block !== undefined) readVisits(block.value, remap, visits);
  const kept = keptOf(visits, since);
  const [{ block } = {}] = at;
  if (block === undefined || kept.length === 0) return;
  writeVisits(out.begin(block.hi, block.lo, tuplesCell), kept, out.values);
  out.end();
}

/** The tuples of the subject that the cursors are at, in the order of their hours. */
async function takeTuples(at: readonly RunCursor[], { refill }: Merge): Promise<Tuple[]> {
  const tuples: Tuple[] = [];
  for (const cursor of at) {
    if (cursor.block?.cell !== tuplesCell) continue;
    readTuples(cursor.block.value, cursor.remap, tuples);
    if (!cursor.advance()) await refill(cursor);
  }
  return tuples.sort(byHour);
}

/** `made`: what another run's tuples come to. */
async function* mergeTables(
  merge: Merge,
  subject: SubjectKey,
  made: Iterator<TableCell, undefined>,
  runs: readonly RunCursor[],
): AsyncGenerator<void, void> {
  let tables = runs;
  const estimates = new Map<number, number>();
  let next = made.next().value;
  for (let count = 0; next !== undefined || tables.length > 0; count++) {
    let cell = next?.cell ?? Number.POSITIVE_INFINITY;
    for (const { block } of tables) cell = Math.min(cell, block?.cell ?? Number.POSITIVE_INFINITY);
    const own = next?.cell === cell ? next : undefined;
    const merged = new CellMerge(
      cell,
      own === undefined ? emptyContent(cell, merge) : contentOf(own, merge),
      estimates,
    );
    for (const cursor of tables) {
      if (cursor.block?.cell !== cell) continue;
      merged.add(cursor);
      if (!cursor.advance()) await merge.refill(cursor);
    }
    merged.write(subject, merge);
    if (own !== undefined) next = made.next().value;
    tables = tables.filter(({ block }) => block?.isAt(subject));
    if (merge.out.ready >= savedTogether) await saveAll(merge.options.keeper, merge.out.take());
    if (count % 16 === 0) yield;
  }
}

function emptyContent(cell: number, { groups }: Merge): TableCell["content"] {
  const { kind } = cellKind(cell);
  if (kind === "sketch") return new Sketch();
  if (kind === "totals") return new Totals();
  groups.clear();
  return groups;
}

/** To be added to. */
function contentOf({ content }: TableCell, { groups }: Merge): TableCell["content"] {
  if (!(content instanceof Groups)) return content;
  groups.clear();
  groups.addAll(content);
  return groups;
}

/** One cell of a table, out of several runs. `estimates` goes from the sketches to the totals after them. */
class CellMerge {
  readonly #cell: number;
  readonly #kind: ReturnType<typeof cellKind>;
  readonly #estimates: Map<number, number>;
  readonly #content: TableCell["content"];

  constructor(cell: number, content: TableCell["content"], estimates: Map<number, number>) {
    this.#cell = cell;
    this.#kind = cellKind(cell);
    this.#estimates = estimates;
    this.#content = content;
  }

  add({ block, remap }: RunCursor): void {
    if (block === undefined) return;
    const content = this.#content;
    if (content instanceof Sketch) {
      block.value.varint();
      content.mergeFrom(block.value);
    } else if (content instanceof Totals) content.addFrom(block.value);
    else if (this.#kind.kind === "groups") content.addFrom(block.value, this.#kind.dimension, remap);
  }

  write(subject: SubjectKey, { out, options: { hoursFrom, now }, values }: Merge): void {
    const content = this.#content;
    const kind = this.#kind;
    if ((kind.kind === "sketch" || kind.kind === "groups") && kind.grain === "hour" && kind.period < hoursFrom) return;
    if (content instanceof Sketch && kind.kind === "sketch") {
      this.#estimates.set(kind.grain === "hour" ? kind.period : -1 - kind.period, content.estimate());
    } else if (content instanceof Totals) {
      for (const hour of content.hours.keys()) if (hour < hoursFrom) content.hours.delete(hour);
      for (const [hour, total] of content.hours) total.unique = this.#estimates.get(hour) ?? 0;
      for (const [day, total] of content.days) total.unique = this.#estimates.get(-1 - day) ?? 0;
    } else if (content instanceof Groups && kind.kind === "groups") {
      trimGroups(content, kind, endOf(kind) > now - lateHours, values());
    }
    writeCell(out, subject, { cell: this.#cell, content });
  }
}

/** A period gets late clicks for so long. */
const lateHours = 48;

/** The first hour after a period. */
function endOf({ grain, period }: { readonly grain: Grain; readonly period: number }): number {
  if (grain === "hour") return period + 1;
  return (grain === "day" ? period + 1 : firstDayOf(period + 1)) * 24;
}
