import { SQLiteError } from "bun:sqlite";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";

/**
 * What an error of SQLite means for whoever asked the store of the file `path`. Our SQL never changes, so a statement
 * that suddenly makes no sense (`SQLITE_ERROR`) means that the schema is damaged. A value that the database refuses, and
 * errors of other kinds, stay what they are.
 */
export function storeError(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const code = error.code ?? `error ${error.errno}`;
  if (/^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)/.test(code)) return error;
  const what = `${path}: ${error.message} (${code})`;
  const damaged = code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB" || code === "SQLITE_ERROR";
  return damaged ? new StoreDamaged(`${what}. Run curt doctor.`) : new StoreUnavailable(what);
}
