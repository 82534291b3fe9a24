import { BlockReader } from "./block.ts";
import type { SubjectKey } from "./keys.ts";

/** Adds up the sums of some subjects, which a run has in the order of their keys. */
export class Sums {
  readonly #keys: readonly SubjectKey[];
  readonly #sums = new Map<string, number>();

  constructor(keys: readonly SubjectKey[]) {
    this.#keys = keys.toSorted(compare);
  }

  /** `blocks` are of one run, in their order. */
  addRun(blocks: readonly Uint8Array[]): void {
    let at = 0;
    for (const content of blocks) {
      const block = new BlockReader(content);
      while (block.advance()) {
        while (at < this.#keys.length && compare(this.#keys[at] as SubjectKey, block) < 0) at++;
        const key = this.#keys[at];
        if (key === undefined) return;
        if (!block.isAt(key)) continue;
        this.#sums.set(nameOf(key), this.of(key) + block.value.varint());
      }
    }
  }

  of(key: SubjectKey): number {
    return this.#sums.get(nameOf(key)) ?? 0;
  }
}

function compare(a: SubjectKey, b: SubjectKey): number {
  return a.hi - b.hi || a.lo - b.lo;
}

function nameOf({ hi, lo }: SubjectKey): string {
  return `${hi} ${lo}`;
}
