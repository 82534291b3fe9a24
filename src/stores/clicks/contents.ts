import type { ClickContents, ClickPiece, ClickState } from "../../core/click.ts";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { type BlobKey, unseal } from "./block.ts";
import type { ClickKeeper } from "./keeper.ts";
import { readManifest, writeManifest } from "./runs.ts";

/** A piece is a sealed blob, named by its run and block: its checksum is the same in every store. */
export class KeptClickContents implements ClickContents {
  readonly #keeper: ClickKeeper;

  constructor(keeper: ClickKeeper) {
    this.#keeper = keeper;
  }

  async states(): Promise<ClickState[]> {
    const states: ClickState[] = [];
    for (const { writer } of await this.#keeper.heads()) {
      const head = await this.#keeper.head(writer);
      if (head === undefined) continue;
      const pieces = readManifest(writer, head).runs.flatMap(({ id, blocks }) =>
        Array.from({ length: blocks > 1 ? blocks + 1 : 1 }, (_, index) => `${id}/${blocks > 1 ? index : 1}`),
      );
      states.push({ writer, number: head.number, position: head.position, order: head.runs, pieces });
    }
    return states;
  }

  async pieces(writer: string, names: readonly string[]): Promise<ClickPiece[]> {
    const keys = names.map((name) => keyOf(writer, name));
    const found = await this.#keeper.load(keys);
    return keys.flatMap((key, index) => {
      const bytes = found[index];
      if (bytes === undefined) return [];
      unseal(key, bytes);
      return [{ name: names[index] ?? "", bytes }];
    });
  }

  async adoptPieces(writer: string, pieces: readonly ClickPiece[]): Promise<void> {
    const blobs = pieces.map(({ name, bytes }) => ({ ...keyOf(writer, name), bytes }));
    for (const blob of blobs) unseal(blob, blob.bytes);
    if (blobs.length > 0) await this.#keeper.save(blobs);
  }

  async adoptState(state: ClickState, unused: readonly string[]): Promise<void> {
    const { writer, number, position, order } = state;
    const moved = readManifest(writer, { version: 0, number, position, runs: order });
    const there = await this.#keeper.head(writer);
    if (there !== undefined && there.number > number)
      throw new StoreDamaged(
        `Writer ${writer} has added batch ${there.number} here, and only ${number} in the store it was moved from.`,
      );
    const pending = new Set([...moved.pending, ...unused.map((name) => keyOf(writer, name).run)]);
    const runs = writeManifest(writer, { number, position }, { ...moved, pending: [...pending] });
    const version = (there?.version ?? 0) + 1;
    if (!(await this.#keeper.advance(writer, { version, number, position, runs }, [])))
      throw new StoreUnavailable(`Somebody else writes the counts of writer ${writer}.`);
  }
}

function keyOf(writer: string, name: string): BlobKey {
  const [run = 0, block = 0] = name.split("/").map(Number);
  return { writer, run, block };
}
