import type { ByteReader, ByteWriter } from "./bytes.ts";

/**
 * How many different visitors there were: a HyperLogLog of 2^14 registers (standard error 0.81 %), and below
 * `sparseLimit` visitors the sorted hashes themselves, which are exact. Sketches merge: the same visitor counts once.
 * Otmar Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017: its improved raw estimator needs
 * no table of corrections.
 */
export class Sketch {
  #hashes: number[] = [];
  #sortedUpTo = 0;
  #registers: Uint8Array | undefined;

  /** `hash`: 32 bits, evenly spread. */
  add(hash: number): void {
    if (this.#registers !== undefined) {
      raise(this.#registers, hash);
      return;
    }
    this.#hashes.push(hash);
    if (this.#hashes.length - this.#sortedUpTo > 2 * sparseLimit) this.#settle();
  }

  merge(other: Sketch): void {
    if (other.#registers === undefined) {
      for (const hash of other.#hashes) this.add(hash);
      return;
    }
    const mine = this.#dense();
    const theirs = other.#registers;
    for (let index = 0; index < registerCount; index++)
      if ((theirs[index] ?? 0) > (mine[index] ?? 0)) mine[index] = theirs[index] ?? 0;
  }

  /** How many visitors, about; a whole number. */
  estimate(): number {
    this.#settle();
    return this.#registers === undefined ? this.#hashes.length : Math.round(estimateOf(this.#registers));
  }

  write(to: ByteWriter): void {
    this.#settle();
    if (this.#registers !== undefined) {
      to.varint(0);
      to.bytes(this.#registers);
      return;
    }
    to.varint(this.#hashes.length + 1);
    let last = 0;
    for (const hash of this.#hashes) {
      to.varint(hash - last);
      last = hash;
    }
  }

  static read(from: ByteReader): Sketch {
    const sketch = new Sketch();
    sketch.mergeFrom(from);
    return sketch;
  }

  /** Merges what `write` wrote. */
  mergeFrom(from: ByteReader): void {
    const count = from.varint();
    if (count === 0) {
      const theirs = from.bytes(registerCount);
      if (this.#registers === undefined && this.#hashes.length === 0) {
        this.#registers = theirs.slice();
        return;
      }
      const mine = this.#dense();
      for (let index = 0; index < registerCount; index++)
        if ((theirs[index] ?? 0) > (mine[index] ?? 0)) mine[index] = theirs[index] ?? 0;
      return;
    }
    let hash = 0;
    for (let left = count - 1; left > 0; left--) {
      hash += from.varint();
      this.add(hash);
    }
  }

  #dense(): Uint8Array {
    if (this.#registers !== undefined) return this.#registers;
    const registers = new Uint8Array(registerCount);
    for (const hash of this.#hashes) raise(registers, hash);
    this.#hashes = [];
    this.#registers = registers;
    return registers;
  }

  /** Sorts the hashes and leaves out what is there twice; too many become registers. */
  #settle(): void {
    if (this.#registers !== undefined || this.#sortedUpTo === this.#hashes.length) return;
    const sorted = Uint32Array.from(this.#hashes).sort();
    const distinct: number[] = [];
    for (const hash of sorted) if (distinct.at(-1) !== hash) distinct.push(hash);
    this.#hashes = distinct;
    this.#sortedUpTo = distinct.length;
    if (distinct.length > sparseLimit) this.#dense();
  }
}

/** More visitors than this are kept as registers: their hashes would need more room. */
export const sparseLimit = 1500;
const registerCount = 1 << 14;
/** The bits of a hash that don't choose the register. */
const rankBits = 18;

function raise(registers: Uint8Array, hash: number): void {
  const index = hash >>> rankBits;
  const rank = Math.clz32(hash & ((1 << rankBits) - 1)) - (31 - rankBits);
  if (rank > (registers[index] ?? 0)) registers[index] = rank;
}

function estimateOf(registers: Uint8Array): number {
  const counts = new Uint32Array(rankBits + 2);
  for (const rank of registers) counts[rank] = (counts[rank] ?? 0) + 1;
  const share = (rank: number) => (counts[rank] ?? 0) / registerCount;
  let sum = registerCount * tau(1 - share(rankBits + 1));
  for (let rank = rankBits; rank >= 1; rank--) sum = 0.5 * (sum + (counts[rank] ?? 0));
  sum += registerCount * sigma(share(0));
  return registerCount ** 2 / (2 * Math.LN2) / sum;
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z] = [share, 1, share];
  for (let last = Number.NaN; z !== last; ) {
    x *= x;
    last = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, z] = [share, 1, 1 - share];
  for (let last = Number.NaN; z !== last; ) {
    x = Math.sqrt(x);
    last = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
