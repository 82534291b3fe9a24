import { BlockWriter, seal } from "./block.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Blob } from "./keeper.ts";
import type { CellKey } from "./keys.ts";
import type { Family, Run } from "./runs.ts";
import type { BlockValues, Values } from "./values.ts";

/** A block is closed when its content is so long, in bytes. Sums are looked up for many links at once, each in another block. */
const blockLength: Readonly<Record<Family, number>> = { counts: 48_000, sums: 4000, visits: 48_000 };

/** Writes the cells of a run, in their order, into sealed blocks. */
export class RunWriter {
  readonly #writer: string;
  readonly #run: number;
  readonly #family: Family;
  readonly #longest: number;
  #block: BlockWriter;
  #done: Blob[] = [];
  readonly #firsts: CellKey[] = [];
  #bytes = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;
  #hoursFrom = Number.POSITIVE_INFINITY;

  constructor(writer: string, run: number, family: Family, values: Values) {
    this.#writer = writer;
    this.#run = run;
    this.#family = family;
    this.#longest = blockLength[family];
    this.#block = new BlockWriter(values);
  }

  /** Begins a cell, whose value is written to what it gives; then `end`. */
  begin(hi: number, lo: number, cell: number): ByteWriter {
    return this.#block.begin(hi, lo, cell);
  }

  end(): void {
    this.#block.end();
    if (this.#block.length >= this.#longest) this.#flush();
  }

  /** The numbers of values in the block that a cell goes into. */
  get values(): BlockValues {
    return this.#block.values;
  }

  /** Speaks of other values from now on. */
  use(values: Values): void {
    this.#flush();
    this.#block = new BlockWriter(values);
  }

  /** It has clicks from hour `from` to hour `to`, and tells hours apart from `hoursFrom` on. */
  covers(from: number, to: number, hoursFrom: number): void {
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
    this.#hoursFrom = Math.min(this.#hoursFrom, hoursFrom);
  }

  #flush(): void {
    const { first } = this.#block;
    if (first === undefined) return;
    this.#firsts.push(first);
    this.#keep(this.#firsts.length, this.#block.take());
  }

  #keep(block: number, content: Uint8Array): void {
    const key = { writer: this.#writer, run: this.#run, block };
    // A block of sums is so short that to decompress it takes longer than to read it, and hundreds are read at once.
    const bytes = seal(key, content, this.#family !== "sums");
    this.#bytes += bytes.length;
    this.#done.push({ ...key, bytes });
  }

  /** The blobs that are ready. */
  take(): Blob[] {
    return this.#done.splice(0);
  }

  get ready(): number {
    return this.#done.length;
  }

  /** Closes the last block; the rest of the blobs are then ready. `undefined`: nothing was put in. */
  finish(level: number): Run | undefined {
    this.#flush();
    const blocks = this.#firsts.length;
    if (blocks === 0) return undefined;
    if (blocks > 1) this.#keep(0, writeIndex(this.#firsts));
    const [from, hoursFrom] = [this.#from, this.#hoursFrom].map((hour) => (Number.isFinite(hour) ? hour : 0)) as [
      number,
      number,
    ];
    return { id: this.#run, family: this.#family, level, blocks, bytes: this.#bytes, from, to: this.#to, hoursFrom };
  }
}

/** The first cell of each block, from block 1 on. */
export interface RunIndex {
  readonly hi: Float64Array;
  readonly lo: Float64Array;
  readonly cell: Float64Array;
}

function writeIndex(firsts: readonly CellKey[]): Uint8Array {
  const to = new ByteWriter(firsts.length * 12);
  to.varint(firsts.length);
  for (const { hi, lo, cell } of firsts) {
    to.varint(Math.floor(hi / 2 ** 32));
    to.uint32(hi % 2 ** 32);
    to.uint32(lo);
    to.varint(cell);
  }
  return to.view();
}

export function readIndex(content: Uint8Array): RunIndex {
  const from = new ByteReader(content);
  const count = from.varint();
  const index = { hi: new Float64Array(count), lo: new Float64Array(count), cell: new Float64Array(count) };
  for (let at = 0; at < count; at++) {
    index.hi[at] = from.varint() * 2 ** 32 + from.uint32();
    index.lo[at] = from.uint32();
    index.cell[at] = from.varint();
  }
  return index;
}

/** The blocks in which cells from `first` to `last`, both inclusive, may be. */
export function blocksBetween(index: RunIndex | undefined, first: CellKey, last: CellKey): number[] {
  if (index === undefined) return [1];
  let low = 0;
  let high = index.hi.length;
  // The last block that begins at or before the first cell.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isUpTo(index, middle, first)) low = middle + 1;
    else high = middle;
  }
  const blocks: number[] = [];
  for (let at = Math.max(low - 1, 0); at < index.hi.length && isUpTo(index, at, last); at++) blocks.push(at + 1);
  return blocks;
}

/** Whether a block begins at or before a cell. */
function isUpTo({ hi, lo, cell }: RunIndex, at: number, key: CellKey): boolean {
  const mine = hi[at] ?? 0;
  if (mine !== key.hi) return mine < key.hi;
  const low = lo[at] ?? 0;
  return low === key.lo ? (cell[at] ?? 0) <= key.cell : low < key.lo;
}
