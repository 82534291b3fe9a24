import { BlockReader } from "./block.ts";
import type { SubjectKey } from "./keys.ts";

/** Adds up the sums of some subjects, which a run has in the order of their keys. */
export class Sums {
  /** In the order of a run, each once. */
  readonly #keys: SubjectKey[] = [];
  /** For each subject that was asked for its place in `#keys`. */
  readonly #places: Int32Array;
  readonly #sums: Float64Array;

  constructor(keys: readonly SubjectKey[]) {
    const order = keys.map((_, asked) => asked).sort((a, b) => compare(keys[a] as SubjectKey, keys[b] as SubjectKey));
    this.#places = new Int32Array(keys.length);
    for (const asked of order) {
      const key = keys[asked] as SubjectKey;
      const last = this.#keys.at(-1);
      if (last === undefined || compare(last, key) !== 0) this.#keys.push(key);
      this.#places[asked] = this.#keys.length - 1;
    }
    this.#sums = new Float64Array(this.#keys.length);
  }

  /** `blocks` are of one run, in their order. */
  addRun(blocks: readonly Uint8Array[]): void {
    let at = 0;
    let key = this.#keys[0];
    for (const content of blocks) {
      const block = new BlockReader(content);
      while (block.advance()) {
        while (key !== undefined && (key.hi < block.hi || (key.hi === block.hi && key.lo < block.lo)))
          key = this.#keys[++at];
        if (key === undefined) return;
        if (block.hi === key.hi && block.lo === key.lo) this.#sums[at] = (this.#sums[at] ?? 0) + block.value.varint();
      }
    }
  }

  /** In the order in which they were asked for. */
  get all(): number[] {
    return Array.from(this.#places, (place) => this.#sums[place] ?? 0);
  }
}

function compare(a: SubjectKey, b: SubjectKey): number {
  return a.hi - b.hi || a.lo - b.lo;
}
