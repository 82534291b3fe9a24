import { createRoute, z } from "@hono/zod-openapi";
import { CurtError } from "../../core/errors.ts";
import { type Api, byOf, type Shared } from "../api/context.ts";
import { bodyBytes, decoded, jsonOf, mediaTypeOf } from "../api/input.ts";
import { problems } from "../api/schemas.ts";
import { shortUrlOf } from "../api/shown.ts";

const plain = { "text/plain": { schema: z.string() } };

/** `GET /generateUrl` of the diary's shortener, and `POST /shorten_url` of the readme's. */
export function shortenPaths(api: Api, shared: Shared): void {
  const { links, hash, baseUrl } = shared.options;

  const generate = createRoute({
    method: "get",
    path: "/generateUrl",
    summary: "Make a link; its short address as text",
    security: [{ key: ["links:write"] }, {}],
    middleware: [shared.notHead(), shared.mayCreate({ sessions: false })] as const,
    request: { query: z.object({ url: z.string().optional() }) },
    responses: {
      200: { description: "The short address", content: plain },
      ...problems("unauthorized", "forbidden", "rate_limited", "slugs_exhausted"),
      400: { description: "What is wrong with the address", content: plain },
    },
  });
  api.openapi(generate, async (c) => {
    try {
      const { link } = await links.create({ url: c.req.valid("query").url ?? "", by: byOf(c) });
      return c.text(shortUrlOf(link, baseUrl), 200);
    } catch (error) {
      if (error instanceof CurtError && error.code === "invalid_input") return c.text(`${error.message}\n`, 400);
      throw error;
    }
  });

  const body = z.object({ url: z.string() });
  const short = { content: { "application/json": { schema: z.object({ shortened_url: z.string() }) } } };
  const shorten = createRoute({
    method: "post",
    path: "/shorten_url",
    summary: "The link of an address: the same one for the same address",
    description: "`url` as JSON, as a form, or in the query.",
    security: [{ key: ["links:write"] }, {}],
    middleware: [shared.mayCreate({ sessions: false })] as const,
    responses: {
      201: { description: "Made", ...short },
      200: { description: "There was one", ...short },
      ...problems(
        ...(["invalid_input", "unauthorized", "forbidden", "link_deleted", "body_too_large"] as const),
        ...(["unsupported_media_type", "rate_limited", "slugs_exhausted"] as const),
      ),
    },
  });
  api.openAPIRegistry.register("ShortenBody", body.openapi("ShortenBody"));
  api.openapi(shorten, async (c) => {
    const url = await givenUrl(c.req.raw);
    const { link, outcome } = await links.create({ url, by: byOf(c) }, hash);
    return c.json({ shortened_url: shortUrlOf(link, baseUrl) }, outcome === "created" ? 201 : 200);
  });
}

/** `url` from the body if there is one, otherwise from the query; empty if nowhere. */
async function givenUrl(request: Request): Promise<string> {
  const query = new URL(request.url).searchParams.get("url") ?? "";
  const bytes = await bodyBytes(request);
  if (bytes.length === 0) return query;
  const type = mediaTypeOf(request);
  if (type === "application/json") return textOf((jsonOf(decoded(bytes)) as { url?: unknown } | null)?.url);
  if (type === "application/x-www-form-urlencoded") return new URLSearchParams(decoded(bytes)).get("url") ?? query;
  if (type === "multipart/form-data") return (await partOf(request, bytes)) ?? query;
  throw new CurtError("unsupported_media_type", "Takes application/json or a form.");
}

function textOf(url: unknown): string {
  if (typeof url === "string") return url;
  const found = url === undefined ? "Missing." : `Takes a string, got ${url === null ? "null" : typeof url}.`;
  throw new CurtError("invalid_input", `url: ${found}`, [{ path: "url", message: found }]);
}

async function partOf(request: Request, bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const headers = { "Content-Type": request.headers.get("content-type") ?? "" };
  const form = await new Response(bytes, { headers }).formData().catch(() => undefined);
  if (form === undefined) throw new CurtError("invalid_input", "The form cannot be read.");
  const url = form.get("url");
  return typeof url === "string" ? url : undefined;
}
