import type { Blob, ClickKeeper, Head } from "../clicks/keeper.ts";

/** A keeper for tests of what all engines share. */
export class MemoryKeeper implements ClickKeeper {
  readonly #heads = new Map<string, Head>();
  readonly blobs = new Map<string, Blob>();

  async heads(): Promise<{ writer: string; version: number; runs: string }[]> {
    return [...this.#heads].map(([writer, { version, runs }]) => ({ writer, version, runs }));
  }

  async head(writer: string): Promise<Head | undefined> {
    return this.#heads.get(writer);
  }

  async advance(writer: string, head: Head, blobs: readonly Blob[]): Promise<boolean> {
    if ((this.#heads.get(writer)?.version ?? 0) !== head.version - 1) return false;
    this.#heads.set(writer, head);
    await this.save(blobs);
    return true;
  }

  async save(blobs: readonly Blob[]): Promise<void> {
    for (const blob of blobs) this.blobs.set(`${blob.writer}/${blob.run}/${blob.block}`, blob);
  }

  async load(keys: readonly { writer: string; run: number; block: number }[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map(({ writer, run, block }) => this.blobs.get(`${writer}/${run}/${block}`)?.bytes);
  }

  async drop(writer: string, run: number): Promise<boolean> {
    for (const [key, blob] of this.blobs) if (blob.writer === writer && blob.run === run) this.blobs.delete(key);
    return false;
  }

  close(): void {
    this.#heads.clear();
  }
}
