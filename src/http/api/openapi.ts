import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { redirectStatuses } from "../../core/link.ts";
import type { Api } from "./context.ts";
import { type Described, referenceHeaders, referencePage } from "./reference.ts";
import { problemSchema, problems } from "./schemas.ts";

const plain = { "text/plain": { schema: z.string() } };
const seen = {
  "text/html": { schema: z.string() },
  "application/problem+json": { schema: problemSchema },
  ...plain,
};
const redirects = Object.fromEntries(
  redirectStatuses.map((status) => [status, { description: "The target is in Location" }]),
);
const visitor = {
  ...redirects,
  404: { description: "Unknown, or not yet", content: seen },
  410: { description: "Ended, used up or switched off", content: seen },
  503: { description: "The store cannot be asked", content: seen },
};

/** What is answered without the API, for its place in the document. */
const otherPaths: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/{slug}",
    summary: "Follow a link",
    request: { params: z.object({ slug: z.string() }) },
    responses: visitor,
  },
  {
    method: "get",
    path: "/{slug}+",
    summary: "See where a link goes, without going",
    request: { params: z.object({ slug: z.string() }) },
    responses: {
      200: { description: "A page", content: { "text/html": { schema: z.string() } } },
      404: visitor[404],
      410: visitor[410],
      503: visitor[503],
    },
  },
  {
    method: "get",
    path: "/{slug}+qr",
    summary: "The QR code of a link",
    request: {
      params: z.object({ slug: z.string() }),
      query: z.object({
        format: z.enum(["svg", "png"]).optional(),
        size: z.string().optional().openapi({ type: "integer", minimum: 64, maximum: 2048, default: 512 }),
        margin: z.string().optional().openapi({ type: "integer", minimum: 0, maximum: 16, default: 4 }),
        level: z.enum(["L", "M", "Q", "H"]).optional(),
        dark: z.string().optional().openapi({ pattern: "^#?[0-9A-Fa-f]{6}$" }),
        light: z.string().optional().openapi({ pattern: "^(#?[0-9A-Fa-f]{6}|transparent)$" }),
      }),
    },
    responses: {
      200: {
        description: "The picture",
        content: { "image/svg+xml": { schema: z.string() }, "image/png": { schema: z.string() } },
      },
      400: { description: "An option is wrong", content: { "application/problem+json": { schema: problemSchema } } },
      404: visitor[404],
      503: visitor[503],
    },
  },
  {
    method: "get",
    path: "/redirect",
    summary: "Follow a link",
    request: { query: z.object({ key: z.string() }) },
    responses: { ...visitor, 400: { description: "No key", content: plain } },
  },
  { method: "get", path: "/healthz", summary: "Alive", responses: { 200: { description: "Yes", content: plain } } },
  {
    method: "get",
    path: "/readyz",
    summary: "May get traffic",
    responses: { 200: { description: "Yes", content: plain }, 503: { description: "Is leaving", content: plain } },
  },
];

/** `GET /api/v1/openapi.json`: from the schemas that validate. Comes after every other path. */
export function documentPath(api: Api): void {
  const route = createRoute({
    method: "get",
    path: "/api/v1/openapi.json",
    summary: "This document",
    responses: {
      200: { description: "OpenAPI 3.1", content: { "application/json": { schema: z.looseObject({}) } } },
      ...problems(),
    },
  });
  const page = createRoute({
    method: "get",
    path: "/api/v1/docs",
    summary: "The same for people, as a page",
    responses: { 200: { description: "HTML", content: { "text/html": { schema: z.string() } } }, ...problems() },
  });
  for (const path of otherPaths) api.openAPIRegistry.registerPath(path);
  api.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  api.openAPIRegistry.registerComponent("securitySchemes", "session", { type: "apiKey", in: "cookie", name: "curt" });
  const description =
    "Long in, short out. What stands beside a security scheme is the scope that the key or the user needs; admin has all.";
  const info = { title: "Curt", version: "1", description };
  const described = (): object => ({ ...api.getOpenAPI31Document({ openapi: "3.1.0", info }) });
  api.openapi(route, (c) => c.json({ ...described() }, 200));
  let made: string | undefined;
  api.openapi(page, (c) => {
    made ??= referencePage(described() as Described);
    return c.body(made, 200, referenceHeaders);
  });
}
