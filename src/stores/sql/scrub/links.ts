import { keyOf, type LinkId } from "../../../core/link.ts";
import { StoreDamaged } from "../../../core/store.ts";
import { type FullLinkRow, recordOf } from "../rows.ts";
import { quoted, termsOf } from "../terms.ts";
import type { Scope, Walk } from "./scope.ts";

/** Each row: its checksum, and that its slug, target and tags lead to it. */
export function walkLinks(scope: Scope): Walk {
  const { path } = scope.connection;
  const rows = scope.connection.prepare<FullLinkRow, [number, number]>(
    "SELECT id, host, slug, doc, sum FROM links NOT INDEXED WHERE id > ? ORDER BY id LIMIT ?",
  );
  const bySlug = scope.connection.prepare<{ id: number }, [string, string]>(
    "SELECT id FROM links INDEXED BY links_by_slug WHERE host = ? AND slug = ?",
  );
  const byToken = scope.connection.prepare<{ rowid: number }, [string, number, number]>(
    "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid",
  );
  let last = Number.MIN_SAFE_INTEGER;
  return (limit) => {
    const found = rows.all(last, limit);
    const idsByToken = new Map<string, number[]>();
    for (const row of found) {
      if (row.id <= last) throw new StoreDamaged(`${path}: the rows of the links are out of order after id ${last}.`);
      last = row.id;
      const record = scope.attempt("links", false, () => recordOf(row, row, path));
      if (record === undefined) continue;
      const entry = scope.attempt("slugs", true, () => bySlug.get(row.host, row.slug));
      if (entry !== undefined && entry?.id !== row.id) {
        scope.report("slugs", `the slug index does not lead to ${JSON.stringify(keyOf(row))} (id ${row.id}).`, true);
      }
      for (const token of termsOf(record).tokens) {
        const ids = idsByToken.get(token);
        if (ids === undefined) idsByToken.set(token, [row.id]);
        else ids.push(row.id);
      }
    }
    checkTokens(scope, idsByToken, (token, low, high) => byToken.all(quoted(token), low, high));
    return found.length;
  };
}

/** Asked once for each tag of a slice: a common one has thousands of links to pass on the way to each. */
function checkTokens(
  scope: Scope,
  idsByToken: ReadonlyMap<string, number[]>,
  find: (token: string, low: number, high: number) => { rowid: number }[],
): void {
  for (const [token, ids] of idsByToken) {
    const hits = scope.attempt("words", true, () => find(token, ids[0] ?? 0, ids.at(-1) ?? 0));
    if (hits === undefined) return;
    const there = new Set(hits.map((hit) => hit.rowid));
    for (const id of ids) {
      if (there.has(id)) continue;
      scope.report("words", `the word index does not lead to the link of id ${id} by its target or a tag.`, true);
    }
  }
}

/** Each entry of the slug index leads to a row of that slug. */
export function walkSlugs(scope: Scope): Walk {
  const { path } = scope.connection;
  const entries = scope.connection.prepare<LinkId & { id: number }, [string, string, number]>(
    "SELECT host, slug, id FROM links INDEXED BY links_by_slug WHERE (host, slug) > (?, ?) ORDER BY host, slug LIMIT ?",
  );
  const rows = scope.connection.prepare<LinkId, [number]>("SELECT host, slug FROM links NOT INDEXED WHERE id = ?");
  let last: LinkId = { host: "", slug: "" };
  return (limit) => {
    const found = entries.all(last.host, last.slug, limit);
    for (const entry of found) {
      const row = scope.attempt("links", true, () => rows.get(entry.id));
      if (row === undefined || (row?.host === entry.host && row.slug === entry.slug)) continue;
      scope.report("slugs", `the row of ${JSON.stringify(keyOf(entry))} (id ${entry.id}) is missing.`, true);
    }
    const end = found.at(-1);
    if (end !== undefined && end.host === last.host && end.slug === last.slug) {
      throw new StoreDamaged(`${path}: the slug index is out of order after ${JSON.stringify(keyOf(last))}.`);
    }
    last = end ?? last;
    return found.length;
  };
}
