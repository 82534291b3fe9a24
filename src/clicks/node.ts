import { join } from "node:path";
import { readDocument, writeDocument } from "./files.ts";

/** Who adds this folder's clicks to the store. */
export interface ClickNode {
  /** Random. */
  readonly writer: string;
  /** The store that it writes to. */
  readonly store: string;
  /** The writer that this folder had before; its position is where this one begins. */
  readonly before: string | null;
}

/**
 * The writer of this folder, made when there is none. A store that was restored or is another one gets a new writer, whose
 * batches are numbered from the beginning.
 */
export function nodeOf(folder: string, store: string): ClickNode {
  const path = join(folder, "node.json");
  const kept = readDocument<ClickNode>(path);
  if (kept?.store === store) return kept;
  const node = { writer: crypto.getRandomValues(new Uint8Array(12)).toHex(), store, before: kept?.writer ?? null };
  writeDocument(path, node);
  return node;
}
