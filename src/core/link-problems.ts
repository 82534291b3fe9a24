import { CurtError, type InputIssue } from "./errors.ts";
import type { LinkRecord } from "./link.ts";

/** Finds a window that ends before it starts. */
export function checkWindow(link: Pick<LinkRecord, "validFrom" | "validUntil">, issues: InputIssue[]): void {
  if (link.validFrom !== null && link.validUntil !== null && link.validUntil <= link.validFrom)
    issues.push({ path: "validUntil", message: "Ends before it starts. validUntil must be after validFrom." });
}

/** The error for a slug that nothing is called. */
export function missing(slug: string): CurtError {
  return new CurtError("not_found", `Nothing is called /${slug}.`);
}

/** The error for a link that is at another version than was asked for. */
export function changedSince(current: LinkRecord, expected: number): CurtError {
  return new CurtError("version_mismatch", `/${current.slug} is at version ${current.version}, not ${expected}.`);
}

/** The error for a strategy that has no more slugs. */
export function exhausted(): CurtError {
  return new CurtError("slugs_exhausted", "Every slug that was tried is taken.");
}

/** What `make` makes, or the `CurtError` it throws. */
export function attempted<T>(make: () => T): T | CurtError {
  try {
    return make();
  } catch (error) {
    if (error instanceof CurtError) return error;
    throw error;
  }
}
