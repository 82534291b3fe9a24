import { createRoute } from "@hono/zod-openapi";
import { freeze, thaw } from "../../core/freeze.ts";
import { type Api, jsonBody, type Shared, scoped } from "./context.ts";
import { freezeBody, freezeSchema, inJson, problems } from "./schemas.ts";
import { shownFreeze } from "./shown.ts";

/** Freezing the store for `curt migrate`, which can't write to the embedded one itself while a server holds it. */
export function freezePaths(api: Api, shared: Shared): void {
  const { registry } = shared.options;
  const admin = shared.needs("admin");

  const put = createRoute({
    method: "put",
    path: "/api/v1/freeze",
    summary: "Refuse all changes for now, or renew that",
    security: scoped("admin"),
    middleware: [admin, ...jsonBody] as const,
    request: { body: { required: true, content: { "application/json": { schema: freezeBody } } } },
    responses: {
      200: inJson("The freeze that holds now, which may be somebody else's", freezeSchema),
      ...problems(
        "invalid_input",
        "unauthorized",
        "forbidden",
        "wrong_origin",
        "body_too_large",
        "unsupported_media_type",
      ),
    },
  });
  api.openapi(put, async (c) => {
    const { by, expiresAt = null } = c.req.valid("json");
    return c.json(shownFreeze(await freeze(registry, by, expiresAt)), 200);
  });

  const remove = createRoute({
    method: "delete",
    path: "/api/v1/freeze",
    summary: "Take changes again",
    security: scoped("admin"),
    middleware: [admin] as const,
    responses: {
      204: { description: "The store is not frozen, or not any more" },
      ...problems("unauthorized", "forbidden", "wrong_origin"),
    },
  });
  api.openapi(remove, async (c) => {
    await thaw(registry);
    return c.body(null, 204);
  });
}
