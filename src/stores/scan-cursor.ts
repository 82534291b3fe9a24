import { invalidInput } from "../core/errors.ts";

/** The id after which a scan goes on, where ids rise. Throws invalid input for what is no cursor. */
export function idAfter(cursor: string | null): number {
  if (cursor === null) return 0;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw noCursor(cursor);
}

/** The key after which a scan of documents goes on. */
export interface DocumentKey {
  readonly kind: string;
  readonly id: string;
}

export function keyCursor({ kind, id }: DocumentKey): string {
  return JSON.stringify([kind, id]);
}

/** Reads what `keyCursor` wrote. Throws invalid input for what is no cursor. */
export function keyAfter(cursor: string | null): DocumentKey {
  if (cursor === null) return { kind: "", id: "" };
  try {
    const [kind, id] = JSON.parse(cursor) as unknown[];
    if (typeof kind === "string" && typeof id === "string") return { kind, id };
  } catch {
    // Told below.
  }
  throw noCursor(cursor);
}

function noCursor(cursor: string) {
  return invalidInput([
    { path: "cursor", message: `${JSON.stringify(cursor)} is no cursor. The "next" of a page is.` },
  ]);
}
