import type { Imported } from "../../core/create.ts";
import { CurtError } from "../../core/errors.ts";
import type { LinkRecord } from "../../core/link.ts";
import type { LinkInput, Links } from "../../core/links.ts";
import { randomSlugs, type SlugMaker } from "../../core/slugs.ts";
import type { LinkStore } from "../../core/store.ts";
import { checked } from "../../http/api/input.ts";
import { importLine } from "../../http/api/schemas.ts";
import type { Row } from "../rows/columns.ts";

/** A row whose shape is right. Its target and slug are checked by whoever makes the link. */
export interface ImportRow {
  readonly line: number;
  readonly input: LinkInput & Imported;
}

/** A row of which only a good one goes on. */
export type CheckedRow = ImportRow | { readonly line: number; readonly refused: Outcome };

/** What became of a row. `there`: this link was there before. */
export type Outcome = "in" | "there" | { readonly code: string; readonly message: string };

/** Where an import brings its rows. */
export interface Destination {
  /** Brings up to 1,000 rows; durable when it returns. Outcomes in the order of the rows. */
  bring(rows: readonly ImportRow[]): Promise<Outcome[]>;
  close(): Promise<void>;
}

/** What every destination works with. */
export interface DestinationParts {
  readonly links: Links;
  readonly store: LinkStore;
  /** Makes slugs from targets, where the settings say so; otherwise they are made from rows. */
  readonly byTarget: SlugMaker | undefined;
  /** How long slugs made from rows are at first. */
  readonly slugLength: number;
  readonly close: () => Promise<void>;
}

/** Checks the shape of a row with the schema of the API. */
export function importRow(row: Row): CheckedRow {
  if ("problem" in row) return { line: row.line, refused: { code: "invalid_input", message: row.problem } };
  try {
    return { line: row.line, input: checked(importLine, row.fields) };
  } catch (error) {
    return { line: row.line, refused: refusalOf(error) };
  }
}

/** The outcome for an error about one row. Throws any other error on. */
export function refusalOf(error: unknown): Outcome {
  if (error instanceof CurtError) return { code: error.code, message: error.message };
  throw error;
}

/**
 * What makes a row the same row when it comes again: all that it says, its target letter for letter. So a file that is imported again, mended or
 * grown, makes nothing twice; nor do two rows of a file that say the same.
 */
export function seedOf(
  record: Omit<LinkRecord, "slug">,
  slug: string | undefined,
  input: LinkInput & Imported,
): string {
  const { title, tags, note, redirectStatus, validFrom, validUntil, maxClicks, disabled, forwardQuery } = record;
  const said = [slug, input.url, title, tags, note, redirectStatus, validFrom, validUntil, disabled, forwardQuery];
  // Only where there is one, so that a row without is the row that it was before there were limits.
  return JSON.stringify([...said, input.createdAt, ...(maxClicks === null ? [] : [maxClicks])]);
}

/** The creation token of a row: the same each time the row comes. */
export function tokenOf(seed: string): string {
  return sha256(`token ${seed}`).toHex().slice(0, 32);
}

/** The slug for a row that names none: the same each time; longer when tries collide, `undefined` after the last. */
export function slugOf(seed: string, length: number, attempt: number): Promise<string | undefined> {
  let block = 0;
  const bytes = (count: number) => sha256(`slug ${attempt} ${block++} ${seed}`).subarray(0, count);
  return randomSlugs(length, bytes).propose("", attempt);
}

/** The shortest slug that an import makes: short ones, as of strategy `counter`, would collide all the time. */
export const shortestDerived = 7;

function sha256(text: string): Uint8Array {
  return Bun.SHA256.hash(text) as Uint8Array;
}
