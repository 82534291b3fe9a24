import type { LinkRecord } from "../../core/link.ts";
import { wordsOf } from "../../core/words.ts";
import type { Terms } from "./operation.ts";

/**
 * How the word index is cut. SQLite builds the whole list of links behind a word prefix before it gives the first one:
 * 0.5 s for each million links if most of them have it, and a worker serves nobody meanwhile. So each word is indexed
 * behind a code of its part, a run of 32,768 ids, and a search goes part by part: 7 ms for each. A part that lacks one of
 * the words is seen at once and left out, or a rare word beside a frequent one would cost 1.4 s over ten million links.
 */
export const partBits = 15;

/** The code of the part that an id is in: three characters, enough for 1.5 billion ids. */
export function partCode(part: number): string {
  return part.toString(36).padStart(3, "0");
}

export function partOf(id: number): number {
  return Math.floor(id / 2 ** partBits);
}

// A private-use character begins no word. XXH64 is a published algorithm, the same in every version of the runtime.
function token(kind: string, text: string): string {
  return kind + Bun.hash.xxHash64(text).toString(36);
}

/** Stands for exactly this tag; another tag with the same token is possible, so a hit is compared. */
export function tagToken(tag: string): string {
  return token("\ue001", tag);
}

/** Stands for exactly this target on this host; a hit is compared. */
export function targetToken(host: string, url: string): string {
  return token("\ue000", `${host}\n${url}`);
}

/** All tokens are between these. */
export const tokenRange = ["\ue000", "\ue002"] as const;

const nothing: Terms = { words: [], tokens: [] };

/** What a link is found by. A deleted one is found by nothing. */
export function termsOf(record: LinkRecord): Terms {
  if (record.deletedAt !== null) return nothing;
  return {
    words: wordsOf(record).map((word) => word.toWellFormed()),
    tokens: [targetToken(record.host, record.url), ...record.tags.map(tagToken)],
  };
}

/** The terms that the word index holds for a link. */
export function indexedTerms(id: number, terms: Terms): string[] {
  const code = partCode(partOf(id));
  return [...terms.words.map((word) => code + word), ...terms.tokens];
}

/** A term as a string of the query language. */
export function quoted(term: string): string {
  return `"${term.toWellFormed().replaceAll('"', '""')}"`;
}
