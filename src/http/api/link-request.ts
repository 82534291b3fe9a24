import { z } from "@hono/zod-openapi";
import { CurtError, invalidInput } from "../../core/errors.ts";
import { slugProblem } from "../../core/slug.ts";
import { linkSchema, type ShownLink } from "./schemas.ts";

/** What requests about one link share. */
export const linkAnswer = { content: { "application/json": { schema: linkSchema } } };
export const slugParam = z.object({ slug: z.string().openapi({ description: "Percent-encoded, as one segment" }) });
export const ifMatch = z.object({
  "if-match": z.string().optional().openapi({ description: 'The version: "3", or *' }),
});

/** The version of a link as a header. */
export function tagOf(link: ShownLink, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...more, ETag: `"${link.version}"` };
}

/** A slug as it was asked for. The store is not asked for what no slug can be. */
export function slugOf(given: string): string {
  const slug = given.normalize("NFC");
  if (slugProblem(slug) !== undefined) throw new CurtError("not_found", "Nothing can be called that.");
  return slug;
}

/** The version that `If-Match` asks for; `undefined`: any. */
export function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const digits = /^\s*(?:"(\d{1,15})"|(\d{1,15}))\s*$/.exec(header);
  if (digits === null) throw invalidInput([{ path: "If-Match", message: 'Takes a version, as in "3", or *.' }]);
  return Number(digits[1] ?? digits[2]);
}
