import { createRoute, z } from "@hono/zod-openapi";
import { linkStates } from "../../core/link.ts";
import { settingSources } from "../../core/shown-setting.ts";
import { isReserved, slugProblem } from "../../core/slug.ts";
import { type Api, type Shared, scoped } from "./context.ts";
import { slugParam } from "./link-request.ts";
import { inJson, problems, shownTime } from "./schemas.ts";

const refusals = ["unauthorized", "forbidden", "wrong_origin"] as const;

const countsSchema = z
  .object({
    total: z.int().nullable().openapi({ description: "null: the first count is still under way" }),
    states: z.object(Object.fromEntries(linkStates.map((state) => [state, z.int()]))).nullable(),
    top: z
      .array(z.object({ slug: z.string(), clicks: z.int() }))
      .nullable()
      .openapi({ description: "The ten most used, with their redirects answered, bots included" }),
    at: shownTime.nullable().openapi({ description: "When they were counted" }),
  })
  .openapi("Counts");

const settingSchema = z
  .object({
    name: z.string(),
    flag: z.string(),
    value: z
      .string()
      .nullable()
      .openapi({ description: "As written; without the password of an address; null: secret, or none" }),
    isSet: z.boolean().openapi({ description: "Something other than the default was given" }),
    source: z.enum(settingSources),
    default: z.string(),
    meaning: z.string(),
  })
  .openapi("Setting");

const slugSchema = z
  .object({
    slug: z.string(),
    available: z.boolean(),
    reason: z.enum(["taken", "reserved", "invalid"]).nullable(),
    message: z.string().openapi({ description: "For the person who typed it" }),
    suggestion: z.string().nullable().openapi({ description: "A free one near a taken one" }),
  })
  .openapi("SlugAnswer");

/** What the dashboard shows around links: how many there are, the settings, whether a slug is free. */
export function overviewPaths(api: Api, shared: Shared): void {
  const { census, links, settings } = shared.options;

  const counts = createRoute({
    method: "get",
    path: "/api/v1/counts",
    summary: "How many links there are, by state, and when they were counted",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read")] as const,
    responses: { 200: inJson("The newest count", countsSchema), ...problems(...refusals) },
  });
  api.openapi(counts, async (c) => {
    const found = await census.latest();
    if (found === undefined) return c.json({ total: null, states: null, top: null, at: null }, 200);
    const { total, states, top, at } = found;
    return c.json(
      { total, states: { ...states }, top: top?.map((one) => ({ ...one })) ?? null, at: new Date(at).toISOString() },
      200,
    );
  });

  const list = createRoute({
    method: "get",
    path: "/api/v1/settings",
    summary: "The settings of this server, and where each comes from",
    security: scoped("admin"),
    middleware: [shared.needs("admin")] as const,
    responses: {
      200: inJson("All settings, without secrets", z.object({ settings: z.array(settingSchema) })),
      ...problems(...refusals),
    },
  });
  api.openapi(list, (c) => c.json({ settings: settings.map((one) => ({ ...one })) }, 200));

  const slug = createRoute({
    method: "get",
    path: "/api/v1/slugs/{slug}",
    summary: "Whether a slug is free",
    security: scoped("links:write"),
    middleware: [shared.needs("links:write")] as const,
    request: { params: slugParam },
    responses: {
      200: inJson("Free, or why not", slugSchema),
      ...problems("invalid_input", ...refusals),
    },
  });
  api.openapi(slug, async (c) => {
    const asked = c.req.valid("param").slug.normalize("NFC");
    const said = (reason: "taken" | "reserved" | "invalid" | null, message: string, suggestion: string | null = null) =>
      c.json({ slug: asked, available: reason === null, reason, message, suggestion }, 200);
    const problem = slugProblem(asked);
    if (problem !== undefined) return said("invalid", problem);
    if (isReserved(asked)) return said("reserved", "Reserved.");
    if (await links.isFree(asked)) return said(null, "Free.");
    for (let n = 2; n <= 9; n++) {
      const other = `${asked}-${n}`;
      if (slugProblem(other) === undefined && (await links.isFree(other)))
        return said("taken", `Taken. /${other} is free.`, other);
    }
    return said("taken", "Taken.");
  });
}
