import type { LinkRecord } from "../../core/link.ts";
import type { LinkStore, ListQuery } from "../../core/store.ts";
import { words } from "../../core/words.ts";

let made = 0;

/** A link that was just made, with a token of its own. */
export function sample(slug: string, change: Partial<LinkRecord> = {}): LinkRecord {
  made++;
  const createdAt = change.createdAt ?? 1_700_000_000_000 + made;
  return {
    host: "",
    slug,
    url: `https://example.org/${encodeURIComponent(slug)}`,
    title: null,
    tags: [],
    note: null,
    redirectStatus: null,
    validFrom: null,
    validUntil: null,
    maxClicks: null,
    usedClicks: 0,
    disabled: false,
    forwardQuery: false,
    createdAt,
    updatedAt: createdAt,
    deletedAt: null,
    version: 1,
    changedBy: null,
    token: `token-${made}`,
    ...change,
  };
}

/** The next version of a record, changed. */
export function next(record: LinkRecord, change: Partial<LinkRecord> = {}): LinkRecord {
  return { ...record, version: record.version + 1, updatedAt: record.updatedAt + 1, ...change };
}

/** The next version, which is the mark of a deleted link. */
export function deleted(record: LinkRecord): LinkRecord {
  return next(record, { deletedAt: record.updatedAt + 1 });
}

/** The next version of a mark, which is a new link of the same slug. */
export function revived(record: LinkRecord, change: Partial<LinkRecord> = {}): LinkRecord {
  return { ...sample(record.slug, { host: record.host, ...change }), version: record.version + 1 };
}

export function query(change: Partial<ListQuery> & { search?: string } = {}): ListQuery {
  const { search, ...rest } = change;
  const base = { tag: null, state: null, now: 1_800_000_000_000, order: "newest", limit: 100, cursor: null } as const;
  return { ...base, words: words(search ?? ""), ...rest };
}

/** Follows the cursors to the end. Fails when they never end. */
export async function listAll(
  links: LinkStore,
  first: ListQuery,
  between?: () => Promise<void>,
): Promise<LinkRecord[]> {
  const records: LinkRecord[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 10_000; pages++) {
    const page = await links.list({ ...first, cursor });
    if (page.records.length > first.limit)
      throw new Error(`A page of ${page.records.length}, asked for ${first.limit}.`);
    records.push(...page.records);
    if (page.next === null) return records;
    cursor = page.next;
    await between?.();
  }
  throw new Error("The list does not end.");
}

export function slugsOf(records: readonly LinkRecord[]): string[] {
  return records.map((record) => record.slug);
}

/** Slugs that have surprised a store, a map or a query language before. */
export const awkwardSlugs: readonly string[] = [
  "%",
  "_",
  "a%",
  "a_",
  "ab",
  "'",
  '"',
  "''; DROP TABLE links; --",
  "a\\",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "0",
  "00",
  "1e3",
  "-",
  "--",
  "*",
  "AND",
  "OR",
  "NOT",
  "NEAR",
  "NEAR(a b)",
  "a AND b",
  "text:a",
  "^a",
  "a/b",
  "a/b/c",
  "A",
  "a",
  "é",
  "日本語",
  "ß",
  "ẞ",
  "😀",
  "👩‍👩‍👧",
  "נֵר",
  "\u200b",
  "i\u0307",
  "İ",
  "x".repeat(2048),
  "é".repeat(1024),
  `${"x".repeat(2047)}y`,
];
