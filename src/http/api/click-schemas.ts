import { z } from "@hono/zod-openapi";
import { clickUnits, dimensions } from "../../core/click.ts";
import { eventsDefault, pageLimit } from "../limits.ts";
import { shownTime, tag, time } from "./schemas.ts";

const yesOrNo = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .openapi({ type: "boolean" });

const credit = z
  .string()
  .nullable()
  .openapi({ description: "Whose database of places it is, by country, region and city: to be shown beside them" });

const format = z.enum(["json", "csv"]).optional().openapi({ description: "`Accept: text/csv` is the same" });

/** What may be asked of a link's clicks. */
export const clicksQuery = z.strictObject({
  from: time.optional().openapi({ description: "30 days before `to`, when left out" }),
  to: time.optional().openapi({ description: "Now, when left out" }),
  unit: z.enum(clickUnits).optional().openapi({ default: "day" }),
  by: z.enum(dimensions).optional(),
  bots: yesOrNo.optional().openapi({ description: "Whether bots are in `series` and `groups`" }),
  format,
});
export type ClicksQuery = z.infer<typeof clicksQuery>;

/** The same of all links, those with a tag, or of slugs that nobody has. */
export const allClicksQuery = clicksQuery.extend({
  tag: tag.optional().openapi({ description: "Links that had this tag when they were followed" }),
  unknown: yesOrNo.optional().openapi({ description: "Clicks on slugs that nothing is called; in no other sum" }),
});

export const clicksSchema = z
  .object({
    from: shownTime,
    to: shownTime,
    unit: z.enum(clickUnits).openapi({ description: "Coarser than asked for where hours of that age are not kept" }),
    note: z.string().nullable().openapi({ description: "Says so where it is" }),
    attribution: credit,
    total: z.int().openapi({ description: "Without bots" }),
    unique: z.int().openapi({ description: "An estimate; over several days a visitor counts once a day" }),
    bots: z.int(),
    series: z.array(z.object({ start: shownTime, clicks: z.int(), unique: z.int() })),
    groups: z.array(z.object({ value: z.string(), clicks: z.int() })),
  })
  .openapi("Clicks");
export type ShownClicks = z.infer<typeof clicksSchema>;

export const eventsQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,5}$/, { error: `Takes 1 to ${pageLimit}.` })
    .transform(Number)
    .refine((value) => value >= 1 && value <= pageLimit, { error: `Takes 1 to ${pageLimit}.` })
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: pageLimit, default: eventsDefault }),
  before: time.optional().openapi({ description: "Only earlier visits: `next` of the page before" }),
  format,
});

const known = Object.fromEntries(dimensions.map((name) => [name, z.string().nullable()])) as Record<
  (typeof dimensions)[number],
  z.ZodNullable<z.ZodString>
>;

export const eventSchema = z.object({ time: shownTime, ...known }).openapi("Visit");
export type ShownVisit = z.infer<typeof eventSchema>;

export const eventsSchema = z
  .object({
    events: z.array(eventSchema),
    next: shownTime.nullable().openapi({ description: "The next page's `before`" }),
    attribution: credit,
  })
  .openapi("Visits");

/** The data of each event of a live stream. */
export const liveSchema = z
  .object({
    at: shownTime,
    day: z.string().openapi({ example: "2031-01-31", description: "The day of UTC that the counts are of" }),
    total: z.int().openapi({ description: "Without bots" }),
    unique: z.int(),
    bots: z.int(),
    added: z.int().openapi({ description: "Clicks since the event before, bots included" }),
    minute: z.object({ clicks: z.int(), seconds: z.int() }).openapi({
      description: "Clicks of the last 60 seconds, bots included; of fewer where they are not known so long",
    }),
  })
  .openapi("LiveCounts");
export type ShownLive = z.infer<typeof liveSchema>;
