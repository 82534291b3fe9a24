import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Where the filters of a store's slugs are: beside its file. They are made anew at each start, and no backup has them. */
export function slugFolder(storePath: string): string {
  return `${storePath}-slugs`;
}

/**
 * Two words that main writes and all workers of the machine read: the generation that may be used (0: none), and the
 * last one that was made. It keeps its place on disk for ever, so that a worker of a main that was killed sees it too.
 */
export function stateFile(folder: string): string {
  return join(folder, "state");
}

/** `base`: what a look through the store found. `recent`: what was made since the moment before that look began. */
export function filterFile(folder: string, generation: number, part: "base" | "recent"): string {
  return join(folder, `${generation}.${part}`);
}

/** Memory that every process which maps the file shares. Throws what the file system says. */
export function mapped(file: string): Uint32Array {
  return new Uint32Array(Bun.mmap(file, { shared: true }).buffer);
}

const zeros = Buffer.alloc(1 << 20);

/**
 * Makes a file of zeros, or leaves one of that size as it is. All of it is written, so that no disk can be found full
 * when its memory is used.
 */
export function fileOfZeros(file: string, bytes: number): void {
  if (statSync(file, { throwIfNoEntry: false })?.size === bytes) return;
  const made = `${file}.new`;
  rmSync(made, { force: true });
  const fd = openSync(made, "wx", 0o600);
  try {
    for (let left = bytes; left > 0; ) left -= writeSync(fd, zeros, 0, Math.min(left, zeros.length));
  } finally {
    closeSync(fd);
  }
  renameSync(made, file);
}
