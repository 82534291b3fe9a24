import { z } from "@hono/zod-openapi";
import { type ErrorCode, errorTable } from "../../core/errors.ts";
import { scopes } from "../../core/keys.ts";
import { linkStates, redirectStatuses } from "../../core/link.ts";
import { slugLimit } from "../../core/slug.ts";
import { targetLimit } from "../../core/target.ts";
import {
  clicksLimit,
  keyNameLimit,
  noteLimit,
  pageDefault,
  pageLimit,
  searchLimit,
  tagLimit,
  tagsLimit,
  titleLimit,
} from "../limits.ts";

/** Text of at most `limit` code points, whole, without control characters (a `note` may have lines and tabs). */
export function text(limit: number, lines = false) {
  const control = lines ? /\p{Cc}/u : /[\p{Cc}\u2028\u2029]/u;
  return z
    .string()
    .refine((value) => [...value].length <= limit, { error: `Too long: at most ${limit} characters.` })
    .refine((value) => value.isWellFormed(), { error: "Has half a character (a lone surrogate)." })
    .refine((value) => !control.test(lines ? value.replace(/[\t\r\n]/g, "") : value), {
      error: "Has a control character.",
    })
    .openapi({ maxLength: limit });
}

/** RFC 3339 with an offset; milliseconds since 1970 once read. */
export const time = z.iso
  .datetime({ offset: true, error: 'Not a time. RFC 3339 with an offset, as in "2031-01-31T12:00:00Z".' })
  .transform((value) => Date.parse(value))
  .openapi({ type: "string", format: "date-time" });

export const tag = text(tagLimit)
  .transform((value) => value.trim().normalize("NFC"))
  .refine((value) => value !== "", { error: "Empty." })
  .openapi({ type: "string", minLength: 1, maxLength: tagLimit });

const status = z
  .literal([...redirectStatuses], { error: `Takes ${redirectStatuses.join(", ")}.` })
  .openapi({ type: "integer", enum: [...redirectStatuses] });

const url = z.string().openapi({ description: `http or https, at most ${targetLimit} bytes`, maxLength: targetLimit });

const maxClicks = z
  .number()
  .refine((value) => Number.isInteger(value) && value >= 1 && value <= clicksLimit, {
    error: `Takes a whole number from 1 to ${clicksLimit}.`,
  })
  .openapi({ type: "integer", minimum: 1, maximum: clicksLimit });

/** What may be said of a link when it is made and when it is edited. */
const fields = {
  title: text(titleLimit).nullable().optional(),
  tags: z
    .array(tag)
    .max(tagsLimit, { error: `Too many: at most ${tagsLimit}.` })
    .transform((tags) => [...new Set(tags)])
    .optional()
    .openapi({ type: "array", maxItems: tagsLimit, items: { type: "string", maxLength: tagLimit } }),
  note: text(noteLimit, true).nullable().optional(),
  redirectStatus: status.nullable().optional(),
  validFrom: time.nullable().optional(),
  validUntil: time.nullable().optional(),
  maxClicks: maxClicks.nullable().optional(),
  disabled: z.boolean().optional(),
  forwardQuery: z.boolean().optional(),
};

const made = {
  url,
  slug: z
    .string()
    .optional()
    .openapi({ description: `At most ${slugLimit} characters; made when left out` }),
  ...fields,
};

export const createBody = z
  .strictObject({ ...made, reuse: z.boolean().optional().openapi({ description: "Take a link that is the same" }) })
  .openapi("NewLink");

export const batchLine = z.strictObject(made).openapi("BatchLine");

/** A line of a batch with an admin key, who may bring links from elsewhere with their age. */
export const importLine = z
  .strictObject({
    ...made,
    createdAt: time.optional(),
    token: text(100)
      .refine((value) => value.length >= 16, { error: "Too short: at least 16 characters." })
      .optional(),
  })
  .openapi("ImportLine");

export const patchBody = z
  .strictObject({ url: url.optional(), ...fields })
  .refine((patch) => Object.keys(patch).length > 0, { error: "Names no field to change." })
  .openapi("LinkPatch");

export const shownTime = z.string().openapi({ format: "date-time", example: "2031-01-31T12:00:00.000Z" });

export const linkSchema = z
  .object({
    slug: z.string(),
    url: z.string(),
    shortUrl: z.string(),
    title: z.string().nullable(),
    tags: z.array(z.string()),
    note: z.string().nullable(),
    state: z.enum(linkStates),
    redirectStatus: z
      .literal([...redirectStatuses])
      .nullable()
      .openapi({ type: ["integer", "null"] }),
    validFrom: shownTime.nullable(),
    validUntil: shownTime.nullable(),
    maxClicks: z.int().nullable(),
    usedClicks: z.int().openapi({ description: "Of maxClicks" }),
    disabled: z.boolean(),
    forwardQuery: z.boolean(),
    createdAt: shownTime,
    updatedAt: shownTime,
    version: z.int(),
    clicks: z.int().openapi({ description: "Redirects answered, bots included; at most 2 s late" }),
  })
  .openapi("Link");
export type ShownLink = z.infer<typeof linkSchema>;

export const listQuery = z.strictObject({
  search: text(searchLimit).optional().openapi({ description: "Beginnings of words of slug, target, title and tags" }),
  tag: tag.optional(),
  state: z.enum(linkStates).optional(),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, { error: `Takes 1 to ${pageLimit}.` })
    .transform(Number)
    .refine((value) => value >= 1 && value <= pageLimit, { error: `Takes 1 to ${pageLimit}.` })
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: pageLimit, default: pageDefault }),
  cursor: z.string().max(500).optional(),
});

export const pageSchema = z.object({ links: z.array(linkSchema), next: z.string().nullable() }).openapi("LinkPage");

export const keyBody = z
  .strictObject({
    name: text(keyNameLimit).nullable().optional(),
    scopes: z
      .array(z.enum(scopes, { error: `Takes ${scopes.join(", ")}.` }))
      .min(1, { error: "Names no scope." })
      .max(scopes.length)
      .transform((given) => [...new Set(given)]),
    expiresAt: time.nullable().optional(),
  })
  .openapi("NewKey");

export const keySchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    scopes: z.array(z.enum(scopes)),
    createdAt: shownTime,
    expiresAt: shownTime.nullable(),
  })
  .openapi("Key");
export const newKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: "Shown once" }) })
  .openapi("MadeKey");

export const freezeBody = z
  .strictObject({
    by: text(100).openapi({ description: "Who freezes the store" }),
    expiresAt: time.nullable().optional(),
  })
  .openapi("NewFreeze");
export const freezeSchema = z
  .object({ by: z.string(), version: z.int(), expiresAt: shownTime.nullable() })
  .openapi("Freeze");

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

export const batchResult = z
  .object({
    line: z.int().openapi({ description: "Counts from 1, empty lines too" }),
    status: z.int(),
    link: linkSchema.optional(),
    error: problemSchema.optional(),
  })
  .openapi("BatchResult");

/** An answer in JSON, for its place in the OpenAPI document. */
export function inJson<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { "application/json": { schema } } };
}

/** What answers a path with one of these codes, for its place in the OpenAPI document. */
export function problems(...list: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...list, ...always])) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/problem+json": { schema: problemSchema } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, { description: codes.join(", "), content }]),
  );
}

/** Codes that any request can meet. */
const always: ErrorCode[] = [
  "rate_limited",
  "uri_too_long",
  "headers_too_large",
  "internal",
  "store_unavailable",
  "read_only",
];
