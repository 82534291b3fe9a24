import { createRoute, z } from "@hono/zod-openapi";
import { invalidInput } from "../../core/errors.ts";
import { type Api, jsonBody, type Shared, scoped } from "./context.ts";
import { inJson, keyBody, keySchema, newKeySchema, problems } from "./schemas.ts";
import { shownKey } from "./shown.ts";

/** The paths of API keys. All need a key with the scope `admin`. */
export function keyPaths(api: Api, shared: Shared): void {
  const { keys, now } = shared.options;
  const admin = shared.needs("admin");

  const create = createRoute({
    method: "post",
    path: "/api/v1/keys",
    summary: "Make a key",
    security: scoped("admin"),
    middleware: [admin, ...jsonBody] as const,
    request: { body: { required: true, content: { "application/json": { schema: keyBody } } } },
    responses: {
      201: inJson("Made; its text is shown once", newKeySchema),
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
  api.openapi(create, async (c) => {
    const { name = null, scopes, expiresAt = null } = c.req.valid("json");
    if (expiresAt !== null && expiresAt <= now())
      throw invalidInput([{ path: "expiresAt", message: "Is over already." }]);
    const made = await keys.create({ name, scopes, expiresAt });
    return c.json({ ...shownKey(made), key: made.key }, 201);
  });

  const list = createRoute({
    method: "get",
    path: "/api/v1/keys",
    summary: "List keys, without their secrets",
    security: scoped("admin"),
    middleware: [admin] as const,
    responses: {
      200: inJson("All keys", z.object({ keys: z.array(keySchema) })),
      ...problems("unauthorized", "forbidden", "wrong_origin"),
    },
  });
  api.openapi(list, async (c) => c.json({ keys: (await keys.list()).map(shownKey) }, 200));

  const remove = createRoute({
    method: "delete",
    path: "/api/v1/keys/{id}",
    summary: "Delete a key",
    security: scoped("admin"),
    middleware: [admin] as const,
    request: { params: z.object({ id: z.string().max(64) }) },
    responses: {
      204: { description: "Deleted; refused from now on" },
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found"),
    },
  });
  api.openapi(remove, async (c) => {
    await keys.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
}
