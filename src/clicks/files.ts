import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { doneSuffix, openSuffix } from "./format.ts";
import { writerLives } from "./writer-name.ts";

/** A segment in the folder. */
export interface SegmentFile {
  /** Without suffix: it stays the same when the segment is finished. */
  readonly name: string;
  readonly path: string;
  /** Nothing is written to it any more. */
  readonly finished: boolean;
  /** When it was last written to, in ms, and its size in bytes. */
  readonly modified: number;
  readonly size: number;
}

/** The segments of all workers, living and dead; finished ones first, then by age. */
export function segmentsIn(folder: string): SegmentFile[] {
  const found = readdirSync(folder).flatMap((file): SegmentFile[] => {
    const done = file.endsWith(doneSuffix);
    if (!done && !file.endsWith(openSuffix)) return [];
    const name = file.slice(0, -doneSuffix.length);
    // Asked before it is looked at: what was written until then is seen.
    const finished = done || !writerLives(name);
    const path = join(folder, file);
    const stat = statSync(path, { throwIfNoEntry: false });
    // Its writer finished it just now, so it has another suffix: the next time it is found.
    if (stat === undefined) return [];
    return [{ name, path, finished, modified: stat.mtimeMs, size: stat.size }];
  });
  return found.sort((a, b) => Number(b.finished) - Number(a.finished) || a.modified - b.modified);
}

/** Where a segment is; `undefined`: it is gone for good. A list may miss one that is finished while the list is made. */
export function pathOf(folder: string, name: string): string | undefined {
  // In the order of its life.
  return [openSuffix, doneSuffix].map((suffix) => join(folder, `${name}${suffix}`)).find((path) => existsSync(path));
}

/** Reads a document; `undefined` where there is none. */
export function readDocument<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Puts a document in the place of the one that is there, whole or not at all; durable when it returns, if it has to be. */
export function writeDocument(path: string, document: unknown, durable = true): void {
  const draft = `${path}.new`;
  const fd = openSync(draft, "w", 0o600);
  try {
    const bytes = Buffer.from(JSON.stringify(document));
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
  if (!durable) return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
