import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncDirectory } from "../stores/sql/mark.ts";

/** The folder in the data folder where each worker writes down the clicks that it answered. No backup contains it. */
export function journalFolder(data: string): string {
  return join(data, "journal");
}

/**
 * Makes a folder (an absolute path) and those it is in where they are missing, for their owner only. What is synced
 * inside a folder is lost with it in a loss of power as long as its own name is not synced, so that is done too.
 */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) syncName(folder);
  for (let made = folder; first !== undefined; made = dirname(made)) {
    syncDirectory(made);
    if (made === first || made === dirname(made)) return;
  }
}

/** Somebody else made it, perhaps a start that was cut off before it could do this. */
function syncName(folder: string): void {
  try {
    syncDirectory(folder);
  } catch (error) {
    // Then this user can't have made it.
    if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
