import { invalidInput } from "../core/errors.ts";
import { type LinkRecord, stateOf } from "../core/link.ts";
import type { ListQuery } from "../core/store.ts";
import { wordsOf } from "../core/words.ts";

/** Whether a link is one that a list asks for. */
export function matches(query: ListQuery, record: LinkRecord): boolean {
  if (record.deletedAt !== null) return false;
  if (query.tag !== null && !record.tags.includes(query.tag)) return false;
  if (query.state !== null && stateOf(record, query.now) !== query.state) return false;
  if (query.words.length === 0) return true;
  const own = wordsOf(record);
  return query.words.every((word) => own.some((candidate) => candidate.startsWith(word)));
}

/** An id above all ids. */
export const endId = 2 ** 53 - 1;

/** The id after which a list goes on, where ids rise in the order of creation. Throws invalid input for another cursor. */
export function positionOf(query: ListQuery): number {
  if (query.cursor === null) return query.order === "newest" ? endId : 0;
  if (/^\d{1,15}$/.test(query.cursor)) return Number(query.cursor);
  throw invalidInput([
    { path: "cursor", message: `${JSON.stringify(query.cursor)} is no cursor. The "next" of a list is.` },
  ]);
}
