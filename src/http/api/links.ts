import { createRoute, z } from "@hono/zod-openapi";
import type { Origin } from "../../core/create.ts";
import type { Made } from "../../core/idempotency.ts";
import type { LinkInput } from "../../core/links.ts";
import { words } from "../../core/words.ts";
import { idempotencyLimit, pageDefault } from "../limits.ts";
import { type Api, byOf, jsonBody, type Shared, scoped } from "./context.ts";
import { ifMatch, linkAnswer, slugOf, slugParam, tagOf, versionOf } from "./link-request.ts";
import { createBody, inJson, listQuery, pageSchema, patchBody, problems } from "./schemas.ts";

const createRoutes = (shared: Shared) => ({
  create: createRoute({
    method: "post",
    path: "/api/v1/links",
    summary: "Make a link",
    security: [...scoped("links:write"), {}],
    middleware: [shared.mayCreate(), ...jsonBody] as const,
    request: {
      headers: z.object({
        "idempotency-key": z.string().min(1).max(idempotencyLimit).optional(),
      }),
      body: { required: true, content: { "application/json": { schema: createBody } } },
    },
    responses: {
      201: { description: "Made", ...linkAnswer },
      200: { description: "There was one", ...linkAnswer },
      ...problems(
        ...([
          "invalid_input",
          "slug_reserved",
          "unauthorized",
          "forbidden",
          "wrong_origin",
          "slug_taken",
          "link_deleted",
        ] as const),
        ...(["body_too_large", "unsupported_media_type", "idempotency_mismatch", "rate_limited"] as const),
        "slugs_exhausted",
      ),
    },
  }),
  list: createRoute({
    method: "get",
    path: "/api/v1/links",
    summary: "List links, newest first",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read")] as const,
    request: { query: listQuery },
    responses: {
      200: inJson("A page", pageSchema),
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin"),
    },
  }),
  get: createRoute({
    method: "get",
    path: "/api/v1/links/{slug}",
    summary: "Read a link",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read")] as const,
    request: { params: slugParam },
    responses: {
      200: { description: "The link", ...linkAnswer },
      ...problems("unauthorized", "forbidden", "wrong_origin", "not_found"),
    },
  }),
  edit: createRoute({
    method: "patch",
    path: "/api/v1/links/{slug}",
    summary: "Change what is named",
    security: scoped("links:write"),
    middleware: [shared.needs("links:write"), ...jsonBody] as const,
    request: {
      params: slugParam,
      headers: ifMatch,
      body: { required: true, content: { "application/json": { schema: patchBody } } },
    },
    responses: {
      200: { description: "Changed", ...linkAnswer },
      ...problems(
        ...(["invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found", "version_mismatch"] as const),
        ...(["body_too_large", "unsupported_media_type"] as const),
      ),
    },
  }),
  remove: createRoute({
    method: "delete",
    path: "/api/v1/links/{slug}",
    summary: "Delete a link",
    security: scoped("links:write"),
    middleware: [shared.needs("links:write")] as const,
    request: { params: slugParam, headers: ifMatch },
    responses: {
      204: { description: "Deleted" },
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found", "version_mismatch"),
    },
  }),
});

/** The paths of links, but the batch. */
export function linkPaths(api: Api, shared: Shared): void {
  const { links, now } = shared.options;
  const routes = createRoutes(shared);

  api.openapi(routes.create, async (c) => {
    const { reuse = false, ...given } = c.req.valid("json");
    const input = { ...given, by: byOf(c) };
    const key = c.req.valid("header")["idempotency-key"];
    const answer = async ({ link, isNew }: Made) => ({
      status: isNew ? (201 as const) : (200 as const),
      link: await shared.shownOne(link, isNew),
    });
    const { status, link } =
      key === undefined
        ? await answer(await make(input, reuse))
        : await shared.idempotency.create({ owner: c.get("owner"), key, input, reuse, answer });
    return c.json(link, status, tagOf(link, { Location: `/api/v1/links/${encodeURIComponent(link.slug)}` }));
  });

  async function make(input: LinkInput & Origin, reuse: boolean): Promise<Made> {
    const same = reuse ? await links.findSame(input) : undefined;
    if (same !== undefined) return { link: same, isNew: false };
    const { link, outcome } = await links.create(input);
    return { link, isNew: outcome === "created" };
  }

  api.openapi(routes.list, async (c) => {
    const { search = "", tag = null, state = null, limit = pageDefault, cursor = null } = c.req.valid("query");
    const query = { words: words(search), tag, state, now: now(), order: "newest", limit, cursor } as const;
    const page = await links.list(query);
    return c.json({ links: await shared.shown(page.records), next: page.next }, 200);
  });

  api.openapi(routes.get, async (c) => {
    const link = await shared.shownOne(await links.get(slugOf(c.req.valid("param").slug)));
    return c.json(link, 200, tagOf(link));
  });

  api.openapi(routes.edit, async (c) => {
    const slug = slugOf(c.req.valid("param").slug);
    const version = versionOf(c.req.valid("header")["if-match"]);
    const link = await shared.shownOne(await links.edit(slug, c.req.valid("json"), version, byOf(c)));
    return c.json(link, 200, tagOf(link));
  });

  api.openapi(routes.remove, async (c) => {
    await links.remove(slugOf(c.req.valid("param").slug), versionOf(c.req.valid("header")["if-match"]), byOf(c));
    return c.body(null, 204);
  });
}
