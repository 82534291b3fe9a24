import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import {
  type ClickAnswer,
  type ClickQuery,
  type ClickSubject,
  clickIdOf,
  dimensions,
  placeDimensions,
  type Visit,
} from "../../core/click.ts";
import { invalidInput } from "../../core/errors.ts";
import { eventsDefault, statsRange } from "../limits.ts";
import { clicksCsv, csvHeaders, eventsCsv, wantsCsv } from "./click-rows.ts";
import {
  allClicksQuery,
  type ClicksQuery,
  clicksQuery,
  clicksSchema,
  eventsQuery,
  eventsSchema,
  type ShownClicks,
  type ShownVisit,
} from "./click-schemas.ts";
import { type Api, type Shared, scoped } from "./context.ts";
import { slugOf, slugParam } from "./link-request.ts";
import { problems } from "./schemas.ts";

const csv = { "text/csv": { schema: z.string() } };
const refusals = ["invalid_input", "unauthorized", "forbidden"] as const;

/** The paths of statistics, but the live ones. All need `stats:read`. */
export function clickPaths(api: Api, shared: Shared): void {
  const { links, stats, placesCredit, now } = shared.options;
  const reader = shared.needs("stats:read");
  const path = <const P extends string, R extends NonNullable<RouteConfig["request"]>, S extends z.ZodType>(
    path: P,
    summary: string,
    request: R,
    schema: S,
    ...more: "not_found"[]
  ) =>
    createRoute({
      method: "get",
      path,
      summary,
      security: scoped("stats:read"),
      middleware: [reader] as const,
      request,
      responses: {
        200: { description: "As JSON or CSV", content: { "application/json": { schema }, ...csv } },
        ...problems(...refusals, ...more),
      },
    });

  const answer = async (subject: ClickSubject, query: ClicksQuery, name: string, asCsv: boolean) => {
    const asked = rangeOf(subject, query, now());
    const found = asked.to <= asked.from ? nothing(asked) : await stats.read(asked);
    const attribution = asked.by !== null && placeDimensions.includes(asked.by) ? placesCredit : null;
    const shown = { ...shownClicks(asked, found), attribution };
    if (asCsv) return new Response(clicksCsv(shown, asked.by), { headers: csvHeaders(`clicks-${name}`, shown) });
    return Response.json(shown);
  };

  const ofLink = path(
    "/api/v1/links/{slug}/clicks",
    "How often a link was followed",
    { params: slugParam, query: clicksQuery },
    clicksSchema,
    "not_found",
  );
  api.openapi(ofLink, async (c) => {
    const link = await links.get(slugOf(c.req.valid("param").slug));
    const query = c.req.valid("query");
    return answer({ of: "link", link: clickIdOf(link) }, query, link.slug, wantsCsv(c.req.raw, query.format));
  });

  const ofAll = path("/api/v1/clicks", "How often all links were followed", { query: allClicksQuery }, clicksSchema);
  api.openapi(ofAll, async (c) => {
    const { tag, unknown = false, ...query } = c.req.valid("query");
    if (tag !== undefined && unknown)
      throw invalidInput([{ path: "unknown", message: "A slug that nobody has has no tag: name one of both." }]);
    const subject: ClickSubject = unknown ? { of: "unknown" } : tag === undefined ? { of: "all" } : { of: "tag", tag };
    return answer(subject, query, unknown ? "unknown" : (tag ?? "all"), wantsCsv(c.req.raw, query.format));
  });

  const visits = path(
    "/api/v1/links/{slug}/events",
    "The latest visits of a link, latest first",
    { params: slugParam, query: eventsQuery },
    eventsSchema,
    "not_found",
  );
  api.openapi(visits, async (c) => {
    const { limit = eventsDefault, before, format } = c.req.valid("query");
    const link = await links.get(slugOf(c.req.valid("param").slug));
    const found = await stats.visits(clickIdOf(link), limit, before);
    const events = found.map(shownVisit);
    if (wantsCsv(c.req.raw, format))
      return new Response(eventsCsv(events), {
        headers: csvHeaders(`events-${link.slug}`, { attribution: placesCredit }),
      });
    const next = found.length < limit ? null : (events.at(-1)?.time ?? null);
    return Response.json({ events, next, attribution: placesCredit });
  });
}

/** What is asked of the store: of nothing that is not over or has not begun. Throws `CurtError` `invalid_input`. */
function rangeOf(subject: ClickSubject, query: ClicksQuery, now: number): ClickQuery {
  const { unit = "day", by = null, bots = false } = query;
  const to = query.to ?? now;
  const from = query.from ?? to - statsRange;
  if (to <= from) {
    const message = "The range ends before it starts: `to` must be after `from`.";
    throw invalidInput([{ path: query.to === undefined ? "from" : "to", message }]);
  }
  return { subject, from: Math.max(0, from), to: Math.min(to, now + 1), unit, by, bots };
}

function nothing({ unit }: ClickQuery): ClickAnswer {
  return { unit, total: 0, unique: 0, bots: 0, series: [], groups: [] };
}

function shownClicks(
  asked: ClickQuery,
  { unit, total, unique, bots, series, groups }: ClickAnswer,
): Omit<ShownClicks, "attribution"> {
  const note =
    unit === asked.unit ? null : `Of so long ago no ${asked.unit}s are kept: each step of this series is a ${unit}.`;
  return {
    from: iso(asked.from),
    to: iso(Math.max(asked.from, asked.to)),
    ...{ unit, note, total, unique, bots },
    series: series.map(({ start, clicks, unique }) => ({ start: iso(start), clicks, unique })),
    groups: groups.map(({ value, clicks }) => ({ value, clicks })),
  };
}

function shownVisit({ time, values }: Visit): ShownVisit {
  const known = Object.fromEntries(dimensions.map((name, at) => [name, values[at] || null]));
  return { time: iso(time), ...known } as ShownVisit;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
