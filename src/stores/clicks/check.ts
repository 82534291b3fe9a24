import { StoreDamaged } from "../../core/store.ts";
import { type BlobKey, unseal } from "./block.ts";
import type { ClickKeeper } from "./keeper.ts";
import { readManifest } from "./runs.ts";

/** How many blobs are looked at at once. */
const together = 64;

export interface ClickCheckOptions {
  readonly signal?: AbortSignal;
  /** Called now and then with how many blobs were looked at and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Looks at every head and every blob that one speaks of. Gives what is damaged, nothing if all is well. */
export async function checkClicks(
  keeper: ClickKeeper,
  { signal, onProgress }: ClickCheckOptions = {},
): Promise<string[]> {
  const damages: string[] = [];
  const note = (error: unknown) => {
    if (!(error instanceof StoreDamaged)) throw error;
    damages.push(error.message);
  };
  const keys: BlobKey[] = [];
  for (const { writer } of await keeper.heads()) {
    try {
      const head = await keeper.head(writer);
      for (const { id, blocks } of head === undefined ? [] : readManifest(writer, head).runs)
        for (let block = blocks > 1 ? 0 : 1; block <= blocks; block++) keys.push({ writer, run: id, block });
    } catch (error) {
      note(error);
    }
  }
  for (let from = 0; from < keys.length; from += together) {
    const some = keys.slice(from, from + together);
    for (const [place, bytes] of (await keeper.load(some)).entries())
      try {
        unseal(some[place] as BlobKey, bytes ?? new Uint8Array(0));
      } catch (error) {
        note(error);
      }
    onProgress?.(Math.min(from + together, keys.length), keys.length);
    await Bun.sleep(0);
    signal?.throwIfAborted();
  }
  return damages;
}
