import { StoreDamaged } from "../../core/store.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type CellKey, dimensionCount, type SubjectKey } from "./keys.ts";
import type { Remap } from "./tuples.ts";
import { BlockValues, type Values } from "./values.ts";

/** Which block of which run of which writer: what its checksum is made over too. */
export interface BlobKey {
  readonly writer: string;
  readonly run: number;
  /** From 1 on; 0 is the index of the run, if it has more than one block. */
  readonly block: number;
}

const format = 1;
const headLength = 6;

/** The bytes as they are kept: a format, a checksum, and the content, if `compressed` then where that makes it smaller. */
export function seal(key: BlobKey, content: Uint8Array, compressed: boolean): Uint8Array {
  const small = compressed ? Bun.zstdCompressSync(content, { level: 1 }) : content;
  const isSmaller = small.length < content.length;
  const body = isSmaller ? small : content;
  const sealed = new Uint8Array(headLength + body.length);
  sealed.set(body, headLength);
  sealed[0] = format;
  sealed[5] = isSmaller ? 1 : 0;
  new DataView(sealed.buffer).setUint32(1, sumOf(key, sealed));
  return sealed;
}

/** The content of sealed bytes. Throws `StoreDamaged` if they are not what was sealed under this key. */
export function unseal(key: BlobKey, sealed: Uint8Array, trusting = false): Uint8Array {
  if (!isWhole(key, sealed) && !trusting) throw damagedBlob(key);
  const body = sealed.subarray(headLength);
  return sealed[5] === 1 ? Bun.zstdDecompressSync(body) : body;
}

function isWhole(key: BlobKey, sealed: Uint8Array): boolean {
  if (sealed.length <= headLength || sealed[0] !== format) return false;
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  return view.getUint32(1) === sumOf(key, sealed);
}

export function damagedBlob({ writer, run, block }: BlobKey): StoreDamaged {
  return new StoreDamaged(
    `The counts of clicks are damaged: block ${block} of run ${run} of writer ${writer} has a wrong checksum. Run curt doctor.`,
  );
}

/** A block is not there: its run was merged away since the head was read, or it is damage. */
export class Gone extends Error {
  constructor(readonly key: BlobKey) {
    super(`Block ${key.block} of run ${key.run} of writer ${key.writer} is not there.`);
  }
}

function sumOf({ writer, run, block }: BlobKey, sealed: Uint8Array): number {
  return Bun.hash.crc32(sealed.subarray(headLength - 1), Bun.hash.crc32(`${writer}\n${run}\n${block}`));
}

/** Collects cells in order until they are a block. */
export class BlockWriter {
  readonly values: BlockValues;
  readonly #cells = new ByteWriter(80_000);
  #count = 0;
  #first: CellKey | undefined;
  // The subject of the last cell, and where its length stands.
  #hi = -1;
  #lo = 0;
  #begun = 0;

  constructor(values: Values) {
    this.values = new BlockValues(values);
  }

  get length(): number {
    return this.#cells.length;
  }

  get first(): CellKey | undefined {
    return this.#first;
  }

  /** Begins a cell, after those before it in the order of a run; its value is written to what this gives, then `end`. */
  begin(hi: number, lo: number, cell: number): ByteWriter {
    const cells = this.#cells;
    if (this.#first === undefined) this.#first = { hi, lo, cell };
    if (this.#hi === hi && this.#lo === lo) cells.varint(0);
    else {
      cells.varint(1 + Math.floor(hi / 2 ** 32));
      cells.uint32(hi % 2 ** 32);
      cells.uint32(lo);
      this.#hi = hi;
      this.#lo = lo;
    }
    cells.varint(cell);
    this.#begun = cells.skip(4);
    return cells;
  }

  end(): void {
    const cells = this.#cells;
    cells.patch(this.#begun, cells.length - this.#begun - 4);
    this.#count++;
  }

  /** The block's content; begins the next one. */
  take(): Uint8Array {
    const whole = new ByteWriter(this.#cells.length + 4096);
    for (const texts of this.values.take()) {
      whole.varint(texts.length);
      for (const text of texts) whole.varint(text.length);
      const all = Buffer.from(texts.join(""));
      whole.varint(all.length);
      whole.bytes(all);
    }
    whole.varint(this.#count);
    whole.bytes(this.#cells.view());
    this.#cells.clear();
    this.#count = 0;
    this.#first = undefined;
    this.#hi = -1;
    return whole.view();
  }
}

/** Goes through the cells of a block in their order. */
export class BlockReader {
  hi = -1;
  lo = 0;
  cell = 0;
  readonly #texts: readonly Texts[];
  readonly #from: ByteReader;
  readonly #firstAt: number;
  #left: number;
  #next: number;

  constructor(content: Uint8Array) {
    this.#from = new ByteReader(content);
    this.#texts = Array.from({ length: dimensionCount }, () => new Texts(this.#from));
    this.#left = this.#from.varint();
    this.#firstAt = this.#from.at;
    this.#next = this.#firstAt;
  }

  /** Whether there is another cell, whose value `value` then reads. */
  advance(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const from = this.#from;
    from.at = this.#next;
    const kind = from.varint();
    if (kind > 0) {
      this.hi = (kind - 1) * 2 ** 32 + from.uint32();
      this.lo = from.uint32();
    }
    this.cell = from.varint();
    const length = from.uint32();
    this.#next = from.at + length;
    return true;
  }

  /** At the value of the cell; what it reads beyond its end is nonsense. */
  get value(): ByteReader {
    return this.#from;
  }

  /** For each dimension what the numbers in this block are there. */
  remap(values: Values): Remap {
    return this.#texts.map((texts, dimension) => {
      const ids = new Int32Array(texts.count + 1);
      for (const [index, text] of texts.all.entries()) ids[index + 1] = values.id(dimension, text);
      return ids;
    });
  }

  /** The numbers as they are here, for who looks them up with `texts`. */
  ownNumbers(): Remap {
    return this.#texts.map(({ count }) => {
      const ids = new Int32Array(count + 1);
      for (let id = 1; id <= count; id++) ids[id] = id;
      return ids;
    });
  }

  /** The texts of a dimension; number `n` is at `n - 1`. */
  texts(dimension: number): readonly string[] {
    return this.#texts[dimension]?.all ?? [];
  }

  /** The same, decoded when it is asked for. */
  lazyTexts(dimension: number): Texts | undefined {
    return this.#texts[dimension];
  }

  isAt({ hi, lo }: SubjectKey): boolean {
    return this.hi === hi && this.lo === lo;
  }
}

/** The texts of a dimension in a block: decoded when they are asked for, all at once, and then cut. */
export class Texts {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** The lengths of all texts begin here. */
  readonly #lengths: ByteReader;
  #starts: Int32Array | undefined;
  #all: readonly string[] | undefined;

  constructor(from: ByteReader) {
    this.count = from.varint();
    this.#lengths = new ByteReader(from.source, from.at);
    from.skipVarints(this.count);
    this.bytes = from.bytes(from.varint());
  }

  /** Where in `bytes` the text of each number begins; number `count + 1` begins at the end. */
  get starts(): Int32Array {
    this.#starts ??= this.#begins();
    return this.#starts;
  }

  #begins(): Int32Array {
    const { bytes, count } = this;
    const starts = new Int32Array(count + 2);
    let lengths = new ByteReader(this.#lengths.source, this.#lengths.at);
    for (let number = 1; number <= count; number++) starts[number + 1] = (starts[number] ?? 0) + lengths.varint();
    // Nothing but ASCII, as it mostly is.
    if (starts[count + 1] === bytes.length) return starts;
    lengths = new ByteReader(this.#lengths.source, this.#lengths.at);
    let at = 0;
    for (let number = 1; number <= count; number++) {
      starts[number] = at;
      // A length is one of UTF-16: four bytes are two, and those that continue a character are none.
      for (let left = lengths.varint(); left > 0; left--) {
        const first = bytes[at++] ?? 0;
        if (first >= 0xf0) left--;
        while (((bytes[at] ?? 0) & 0xc0) === 0x80) at++;
      }
    }
    starts[count + 1] = at;
    return starts;
  }

  get all(): readonly string[] {
    this.#all ??= this.#decode();
    return this.#all;
  }

  #decode(): string[] {
    const { buffer, byteOffset, length } = this.bytes;
    const text = Buffer.from(buffer, byteOffset, length).toString("utf8");
    let at = 0;
    const lengths = new ByteReader(this.#lengths.source, this.#lengths.at);
    return Array.from({ length: this.count }, () => {
      const from = at;
      at += lengths.varint();
      return text.slice(from, at);
    });
  }
}
