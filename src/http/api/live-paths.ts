import { createRoute } from "@hono/zod-openapi";
import { type ClickSubject, clickIdOf } from "../../core/click.ts";
import type { Arrival } from "../arrival.ts";
import { liveSchema } from "./click-schemas.ts";
import { type Api, type Shared, scoped } from "./context.ts";
import { slugOf, slugParam } from "./link-request.ts";
import type { LiveCounts } from "./live.ts";
import { problems } from "./schemas.ts";

const responses = {
  200: {
    description: "Server-sent events `counts`, each with LiveCounts as its data",
    content: { "text/event-stream": { schema: liveSchema } },
  },
  ...problems("invalid_input", "unauthorized", "forbidden", "not_found", "rate_limited"),
};

/** The live streams of counts, of a link and of all. They need `stats:read`. */
export function livePaths(api: Api, shared: Shared, live: LiveCounts): void {
  const { links } = shared.options;
  const stream = (subject: ClickSubject, arrival: Arrival) => {
    const body = live.open(subject);
    arrival.untimed();
    return new Response(body, {
      headers: { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" },
    });
  };

  const summary = "The counts of today, as they change";
  const all = createRoute({
    method: "get",
    path: "/api/v1/clicks/live",
    summary,
    security: scoped("stats:read"),
    middleware: [shared.notHead(), shared.needs("stats:read")] as const,
    responses,
  });
  api.openapi(all, (c) => stream({ of: "all" }, c.env));

  const one = createRoute({
    method: "get",
    path: "/api/v1/links/{slug}/clicks/live",
    summary,
    security: scoped("stats:read"),
    middleware: [shared.notHead(), shared.needs("stats:read")] as const,
    request: { params: slugParam },
    responses,
  });
  api.openapi(one, async (c) => {
    const link = await links.get(slugOf(c.req.valid("param").slug));
    return stream({ of: "link", link: clickIdOf(link) }, c.env);
  });
}
