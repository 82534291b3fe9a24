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
  /** Where this one begins, if that is not `before`'s position. */
  readonly from?: string;
}

/**
 * The writer of this folder, made when there is none. A store that was restored or is another one gets a new writer, whose
 * batches are numbered from the beginning.
 */
export function nodeOf(folder: string, store: string): ClickNode {
  const kept = readDocument<ClickNode>(join(folder, "node.json"));
  if (kept?.store === store) return kept;
  return madeNode(folder, { store, before: kept?.writer ?? null });
}

/** Gives the folder a new writer. */
export function madeNode(folder: string, of: Omit<ClickNode, "writer">): ClickNode {
  const node = { writer: crypto.getRandomValues(new Uint8Array(12)).toHex(), ...of };
  writeDocument(join(folder, "node.json"), node);
  return node;
}
