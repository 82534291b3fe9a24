import type { LinkId } from "../../../core/link.ts";
import { changeSum } from "../checksum.ts";
import { type DocumentRow, documentOf } from "../rows.ts";
import type { Scope, Walk } from "./scope.ts";

/** The change feed: no gaps, and the checksum of each change. A reader that meets damage here forgets what it knows. */
export function walkChanges(scope: Scope): Walk {
  const rows = scope.connection.prepare<LinkId & { seq: number; version: number; sum: number }, [number, number]>(
    "SELECT seq, host, slug, version, sum FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
  );
  let last = 0;
  return (limit) => {
    const found = rows.all(last, limit);
    let expected = found[0]?.seq ?? 0;
    for (const row of found) {
      if (row.seq !== expected || row.sum !== changeSum(row.seq, row)) {
        scope.report("changes", `change ${expected} of the feed is missing or damaged.`, false);
      }
      expected = row.seq + 1;
      last = Math.max(last, row.seq);
    }
    return found.length;
  };
}

/** The documents of the registry: the checksum of each, and that it is found by its key. */
export function walkRegistry(scope: Scope): Walk {
  const { connection } = scope;
  const rows = connection.prepare<DocumentRow, [string, string, number]>(
    "SELECT * FROM registry WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?",
  );
  const byKey = connection.prepare<DocumentRow, [string, string]>("SELECT * FROM registry WHERE kind = ? AND id = ?");
  let last = { kind: "", id: "" };
  return (limit) => {
    const found = rows.all(last.kind, last.id, limit);
    for (const row of found) {
      scope.attempt("registry", true, () => documentOf(row, 0, connection.path));
      if (byKey.get(row.kind, row.id)?.sum === row.sum) continue;
      scope.report(
        "registry",
        `the document ${JSON.stringify(`${row.kind}/${row.id}`)} is not found by its key.`,
        true,
      );
    }
    last = found.at(-1) ?? last;
    return found.length;
  };
}
