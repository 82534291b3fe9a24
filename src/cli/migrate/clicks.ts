import type { ClickState } from "../../core/click.ts";
import { CommandFailed } from "../shell.ts";
import type { CopyOptions } from "./copy.ts";

/** Pieces that are copied at once: about 1 MB. */
const together = 50;
/** How often the list of pieces is read again because some of them were merged meanwhile. */
const mostLooks = 100;

/**
 * Copies the counts of clicks as they are, with their writers, batch numbers and positions: what the source counted is
 * counted in the target, and a batch that is added again changes nothing there either. Pieces never change, so most are
 * copied while the source is served.
 */
export class ClickCopy {
  readonly #options: CopyOptions;
  /** What was copied of each writer. */
  readonly #copied = new Map<string, Set<string>>();

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  /** Copies the pieces that are not copied yet. `onPage` is called now and then. */
  async pieces(onPage: () => Promise<void> = async () => undefined): Promise<ClickState[]> {
    const { source, target, signal } = this.#options;
    const bar = this.#options.progress("clicks");
    try {
      for (let looks = 0; looks < mostLooks; looks++) {
        const states = await source.store.clicks.contents.states();
        let missing = 0;
        for (const { writer, pieces } of states) {
          const copied = this.#copied.get(writer) ?? new Set<string>();
          this.#copied.set(writer, copied);
          const wanted = pieces.filter((name) => !copied.has(name));
          for (let from = 0; from < wanted.length; from += together) {
            signal.throwIfAborted();
            const names = wanted.slice(from, from + together);
            const found = await source.store.clicks.contents.pieces(writer, names);
            await target.store.clicks.contents.adoptPieces(writer, found);
            for (const { name } of found) copied.add(name);
            missing += names.length - found.length;
            bar.update(copied.size, `${copied.size} pieces of counts`);
            await onPage();
          }
        }
        if (missing === 0) return states;
      }
      throw new CommandFailed("The counts of clicks are merged faster than they can be copied. Run the same again.");
    } finally {
      bar.stop();
    }
  }

  /** With the source frozen: copies the rest, so that all of it counts, and compares. */
  async finish(onPage: () => Promise<void>): Promise<void> {
    const { source, target } = this.#options;
    const states = await this.pieces(onPage);
    const writers = new Set(states.map(({ writer }) => writer));
    const strange = (await target.store.clicks.contents.states()).find(({ writer }) => !writers.has(writer));
    if (strange !== undefined)
      throw new CommandFailed(
        `The store to move into has counts of its own, of writer ${strange.writer}. Name an empty one with --to.`,
        "not_empty",
      );
    for (const state of states) {
      const used = new Set(state.pieces);
      const unused = [...(this.#copied.get(state.writer) ?? [])].filter((name) => !used.has(name));
      await target.store.clicks.contents.adoptState(state, unused);
    }
    const [before, after] = [await source.store.clicks.contents.states(), await target.store.clicks.contents.states()];
    const shape = (all: readonly ClickState[]) =>
      JSON.stringify(all.map(({ writer, number, position, pieces }) => [writer, number, position, pieces]).sort());
    if (shape(before) !== shape(after))
      throw new CommandFailed("The counts of clicks were changed while they were copied. Run the same again.");
  }
}
