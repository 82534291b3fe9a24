import { keyOf, type LinkId } from "../../../core/link.ts";
import { StoreDamaged } from "../../../core/store.ts";
import { type FullLinkRow, recordOf } from "../rows.ts";
import type { Scope, Walk } from "./scope.ts";

/** Each row: its checksum, and that its slug leads to it. */
export function walkLinks(scope: Scope): Walk {
  const { path } = scope.connection;
  const rows = scope.connection.prepare<FullLinkRow, [number, number]>(
    "SELECT id, host, slug, doc, sum FROM links NOT INDEXED WHERE id > ? ORDER BY id LIMIT ?",
  );
  const bySlug = scope.connection.prepare<{ id: number }, [string, string]>(
    "SELECT id FROM links INDEXED BY links_by_slug WHERE host = ? AND slug = ?",
  );
  let last = Number.MIN_SAFE_INTEGER;
  return (limit) => {
    const found = rows.all(last, limit);
    for (const row of found) {
      if (row.id <= last) throw new StoreDamaged(`${path}: the rows of the links are out of order after id ${last}.`);
      last = row.id;
      scope.attempt("links", false, () => recordOf(row, row, path));
      const entry = scope.attempt("slugs", true, () => bySlug.get(row.host, row.slug));
      if (entry !== undefined && entry?.id !== row.id) {
        scope.report("slugs", `the slug index does not lead to ${JSON.stringify(keyOf(row))} (id ${row.id}).`, true);
      }
    }
    return found.length;
  };
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
