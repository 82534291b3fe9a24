import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SlugFilter } from "../../../core/slug-filter.ts";
import { fileOfZeros, filterFile, mapped, slugFolder, stateFile } from "./files.ts";

/** New links that the `recent` filter of a generation has room for at least and at most: then the next one is made. */
const leastRecent = 65_536;
const mostRecent = 1_000_000;

export interface SlugMarksOptions {
  /** Of the embedded store. */
  readonly path: string;
  /** About how many slugs there are. */
  readonly count: () => number;
  /**
   * Marks all slugs of the store in the filter of a file, in its own time: ends when it is done. Rejects where it could not.
   */
  readonly scan: (file: string) => Promise<void>;
  readonly log: { readonly warn: (message: string, fields: Readonly<Record<string, string>>) => void };
  /** For tests, which must fail with it: new slugs are not marked. */
  readonly deaf?: boolean;
}

interface Generation {
  readonly number: number;
  readonly recent: SlugFilter;
}

/**
 * The side of `KnownSlugs` that writes: in the process of the one committer. A generation of filters can be used when all
 * that stood in the store before it began is marked in its base; what is made from then on is marked as it comes.
 */
export class SlugMarks {
  readonly #options: SlugMarksOptions;
  readonly #folder: string;
  readonly #state: Uint32Array;
  /** The one that is used, and the one that is being made. */
  #used: Generation | undefined;
  #coming: Generation | undefined;
  #ended = false;
  #failed = false;

  /** Throws what the file system says; then nothing is known of the slugs. */
  constructor(options: SlugMarksOptions) {
    this.#options = options;
    this.#folder = slugFolder(options.path);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    fileOfZeros(stateFile(this.#folder), 8);
    this.#state = mapped(stateFile(this.#folder));
    this.#state[0] = 0;
    for (const name of readdirSync(this.#folder)) if (name !== "state") rmSync(join(this.#folder, name));
  }

  /** Begins the next generation, unless that is under way. */
  renew(): void {
    if (this.#coming !== undefined || this.#failed || this.#ended) return;
    void this.#renew().catch((error: unknown) => {
      // Until the next start: what can be used goes on, and takes more and more slugs for known.
      this.#failed = true;
      this.#coming = undefined;
      if (this.#ended) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log.warn("Unknown slugs are looked up in the store each time; the filter can't be made.", { why });
    });
  }

  /** Before a link is committed. */
  mark(key: string): void {
    if (this.#options.deaf === true) return;
    this.#coming?.recent.add(key);
    const used = this.#used;
    if (used === undefined) return;
    used.recent.add(key);
    if (used.recent.added >= used.recent.capacity) this.renew();
  }

  /** From now on nothing is said to be absent. */
  end(): void {
    this.#ended = true;
    this.#state[0] = 0;
  }

  async #renew(): Promise<void> {
    const number = (this.#state[1] ?? 0) + 1;
    this.#state[1] = number;
    const count = this.#options.count();
    const base = filterFile(this.#folder, number, "base");
    const recent = filterFile(this.#folder, number, "recent");
    fileOfZeros(base, SlugFilter.bytesFor(count));
    fileOfZeros(recent, SlugFilter.bytesFor(Math.min(mostRecent, Math.max(leastRecent, count / 4))));
    const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
    SlugFilter.make(mapped(base), seed);
    const coming = { number, recent: SlugFilter.make(mapped(recent), seed) };
    this.#coming = coming;
    await this.#options.scan(base);
    if (this.#ended) return;
    const before = this.#used;
    this.#used = coming;
    this.#coming = undefined;
    this.#state[0] = number;
    if (before === undefined) return;
    for (const part of ["base", "recent"] as const)
      rmSync(filterFile(this.#folder, before.number, part), { force: true });
  }
}
