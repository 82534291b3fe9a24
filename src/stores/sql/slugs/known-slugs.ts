import { SlugFilter } from "../../../core/slug-filter.ts";
import { filterFile, mapped, slugFolder, stateFile } from "./files.ts";

/**
 * What a worker knows of the slugs of the embedded store without asking it. The one committer marks a slug before it
 * commits it, in memory that all processes of the machine share; so what is not marked is not there, and was not made by
 * the time that this was asked.
 */
export class KnownSlugs {
  readonly #folder: string;
  #state: Uint32Array | undefined;
  #generation = 0;
  #filters: readonly SlugFilter[] = [];

  constructor(storePath: string) {
    this.#folder = slugFolder(storePath);
  }

  /** Whether no link has this key (of `keyOf`). `false` where that can't be told. */
  isAbsent(key: string): boolean {
    const generation = this.#usable();
    if (generation === 0) return false;
    if (generation !== this.#generation) this.#open(generation);
    if (this.#filters.length === 0) return false;
    for (const filter of this.#filters) if (filter.mayHave(key)) return false;
    return true;
  }

  #usable(): number {
    if (this.#state === undefined) {
      try {
        this.#state = mapped(stateFile(this.#folder));
      } catch {
        // Main has made none: a full disk, or a file system that can't share memory.
        this.#state = new Uint32Array(2);
      }
    }
    return this.#state[0] ?? 0;
  }

  #open(generation: number): void {
    this.#generation = generation;
    try {
      const parts = ["base", "recent"] as const;
      this.#filters = parts.map((part) => new SlugFilter(mapped(filterFile(this.#folder, generation, part))));
    } catch {
      // The next generation took their place meanwhile.
      this.#filters = [];
    }
  }
}
