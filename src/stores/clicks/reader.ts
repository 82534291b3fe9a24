import { type BlobKey, damagedBlob, Gone, unseal } from "./block.ts";
import { Cached } from "./cached.ts";
import type { ClickKeeper } from "./keeper.ts";
import type { CellKey } from "./keys.ts";
import { blocksBetween, type RunIndex, readIndex } from "./run-writer.ts";
import { type Family, type Run, readManifest } from "./runs.ts";

/** A run, and whose it is. */
export interface PlacedRun {
  readonly writer: string;
  readonly run: Run;
}

/** For so long, in ms, a look at the heads is believed. */
const headsFor = 1000;
/** How often a read begins again because runs were merged meanwhile. */
const mostTries = 10;

/** Reads runs through a small memory: what is in a block never changes. */
export class RunReader {
  readonly #keeper: ClickKeeper;
  readonly #trusting: boolean;
  readonly #indexes = new Cached<RunIndex>(8e6);
  readonly #contents = new Cached<Uint8Array>(8e6);
  /** As they are kept, which is a third of their content. */
  readonly #memory: number;
  readonly #sealed: Cached<Uint8Array>;
  #heads: Promise<PlacedRun[]> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /**
   * `memory`: so many bytes of sealed blobs are remembered besides. `trusting`, for tests, which must fail with it: blocks are
   * believed without their checksum.
   */
  constructor(keeper: ClickKeeper, memory: number, trusting: boolean) {
    this.#keeper = keeper;
    this.#memory = memory;
    this.#sealed = new Cached(memory);
    this.#trusting = trusting;
  }

  /** Everything after this is read anew. */
  forget(): void {
    this.#heads = undefined;
  }

  /** Does `work` with the runs of a family, again if some of them are merged away meanwhile. */
  async over<T>(family: Family, work: (runs: readonly PlacedRun[]) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const runs = await this.#runs();
      try {
        return await work(runs.filter(({ run }) => run.family === family));
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
        if (tries === mostTries) throw damagedBlob(error.key);
        this.forget();
      }
    }
  }

  #runs(): Promise<PlacedRun[]> {
    const now = performance.now();
    if (this.#heads === undefined || now - this.#lookedAt > headsFor) {
      this.#lookedAt = now;
      const looking = this.#look();
      this.#heads = looking;
      looking.catch(() => {
        if (this.#heads === looking) this.#heads = undefined;
      });
    }
    return this.#heads;
  }

  async #look(): Promise<PlacedRun[]> {
    const heads = await this.#keeper.heads();
    return heads.flatMap(({ writer, runs }) => readManifest(writer, { runs }).runs.map((run) => ({ writer, run })));
  }

  /** For each run, the contents of its blocks that may have cells between any of the pairs of keys, in order. */
  async blocks(
    wanted: readonly { readonly of: PlacedRun; readonly between: readonly (readonly [CellKey, CellKey])[] }[],
  ): Promise<Uint8Array[][]> {
    const many = wanted.filter(({ of }) => of.run.blocks > 1).map(({ of }) => of);
    const indexes = await this.#indexesOf(many);
    const keys = wanted.map(({ of, between }) => {
      const index = indexes.get(of);
      const blocks = new Set(between.flatMap(([first, last]) => blocksBetween(index, first, last)));
      return [...blocks].sort((a, b) => a - b).map((block) => ({ writer: of.writer, run: of.run.id, block }));
    });
    const contents = await this.#load(keys.flat());
    let at = 0;
    return keys.map(({ length }) => {
      at += length;
      return contents.slice(at - length, at);
    });
  }

  async #indexesOf(runs: readonly PlacedRun[]): Promise<Map<PlacedRun, RunIndex>> {
    const found = new Map<PlacedRun, RunIndex>();
    const missing: PlacedRun[] = [];
    for (const one of runs) {
      const index = this.#indexes.get(`${one.writer}/${one.run.id}`);
      if (index === undefined) missing.push(one);
      else found.set(one, index);
    }
    const contents = await this.#load(missing.map(({ writer, run }) => ({ writer, run: run.id, block: 0 })));
    for (const [place, one] of missing.entries()) {
      const index = readIndex(contents[place] ?? new Uint8Array(1));
      this.#indexes.set(`${one.writer}/${one.run.id}`, index, index.hi.length * 24);
      found.set(one, index);
    }
    return found;
  }

  async #load(keys: readonly BlobKey[]): Promise<Uint8Array[]> {
    const contents = keys.map((key) => this.#contents.get(nameOf(key)));
    const missing = keys.flatMap((key, at) => (contents[at] === undefined ? [{ key, at }] : []));
    if (missing.length === 0) return contents as Uint8Array[];
    const loaded = await this.#loadSealed(missing.map(({ key }) => key));
    for (const [place, { key, at }] of missing.entries()) {
      const sealed = loaded[place];
      if (sealed === undefined) throw new Gone(key);
      const content = unseal(key, sealed, this.#trusting);
      contents[at] = content;
      this.#contents.set(nameOf(key), content, content.length);
    }
    return contents as Uint8Array[];
  }

  async #loadSealed(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]> {
    const found = keys.map((key) => this.#sealed.get(nameOf(key)));
    const missing = keys.flatMap((key, at) => (found[at] === undefined ? [{ key, at }] : []));
    if (missing.length === 0) return found;
    const loaded = await this.#keeper.load(missing.map(({ key }) => key));
    for (const [place, { key, at }] of missing.entries()) {
      const sealed = loaded[place];
      found[at] = sealed;
      // A copy: it may be a part of all that came at once.
      if (sealed !== undefined && this.#memory > 0)
        this.#sealed.set(nameOf(key), new Uint8Array(sealed), sealed.length);
    }
    return found;
  }
}

function nameOf({ writer, run, block }: BlobKey): string {
  return `${writer}/${run}/${block}`;
}
