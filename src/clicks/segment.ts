import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { doneSuffix, magic, openSuffix } from "./format.ts";

/** A segment that this process writes. */
export class Segment {
  readonly openedAt: number;
  #path: string;
  readonly #done: string;
  readonly #fd: number;
  /** Bytes that are whole frames. */
  length = 0;
  #unsynced = false;
  #syncing = false;
  #retired = false;

  /** Makes the file. Throws what the file system says. `now` in ms. */
  constructor(folder: string, name: string, now: number) {
    this.openedAt = now;
    this.#path = join(folder, `${name}${openSuffix}`);
    this.#done = join(folder, `${name}${doneSuffix}`);
    this.#fd = openSync(this.#path, "wx", 0o600);
  }

  /** Appends a frame, all of it in one write. Throws what the file system says; then the segment must be retired. */
  append(frame: Buffer): void {
    const bytes = this.length === 0 ? Buffer.concat([magic, frame]) : frame;
    const written = writeSync(this.#fd, bytes, 0, bytes.length);
    if (written < bytes.length) throw new Error(`${written} of ${bytes.length} bytes were written.`);
    this.length += bytes.length;
    this.#unsynced = true;
  }

  /** Lets the disk have what was written since the last time, off the event loop. */
  sync(): void {
    if (!this.#unsynced || this.#syncing) return;
    this.#unsynced = false;
    this.#syncing = true;
    fdatasync(this.#fd, () => {
      // What could not be synced is still in the system's memory, as it would be for a second anyway.
      this.#syncing = false;
      if (this.#retired) closeSync(this.#fd);
    });
  }

  /** Nothing more is written: cuts off what an append left that failed, and says that it is done. */
  retire(): void {
    this.#retired = true;
    this.#attempt(() => ftruncateSync(this.#fd, this.length));
    if (this.length === 0) this.#attempt(() => rmSync(this.#path, { force: true }));
    else this.#attempt(() => renameSync(this.#path, this.#done));
    if (this.#syncing) return;
    if (this.#unsynced) this.sync();
    else closeSync(this.#fd);
  }

  /** The same when the process ends: everything is done when it returns. */
  end(): void {
    if (!this.#syncing) this.#attempt(() => fdatasyncSync(this.#fd));
    this.#unsynced = false;
    this.retire();
  }

  /** A full or broken disk keeps no redirect from going out; a reader finds the last whole frame by itself. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch {
      // See above.
    }
  }
}
