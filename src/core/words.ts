import type { LinkRecord } from "./link.ts";

/** How long a word may be, in code units; the rest of a longer one is not searched. */
const wordLimit = 64;
/** How many different words of one link are searched. */
const linkWordLimit = 256;

/**
 * The words of a text, the same on every engine: compatibility-folded, lower-case runs of letters, marks and digits.
 */
export function words(text: string): string[] {
  const found =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return [...new Set(found.map((word) => word.slice(0, wordLimit)))];
}

/** Percent-escapes are read as the letters they stand for, where they are valid UTF-8. */
function readable(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** What a search finds a link by: its slug, title, tags and target without the scheme. */
export function wordsOf(link: LinkRecord): string[] {
  const target = readable(link.url.replace(/^https?:\/\/(www\.)?/, ""));
  return words([link.slug, link.title ?? "", ...link.tags, target].join(" ")).slice(0, linkWordLimit);
}
