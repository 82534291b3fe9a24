import { createRoute, z } from "@hono/zod-openapi";
import type { User } from "../../core/users.ts";
import { setupLinkBody, setupLinkSchema, userBody, userSchema } from "./account-schemas.ts";
import { type Api, jsonBody, type Shared, scoped } from "./context.ts";
import { inJson, problems } from "./schemas.ts";

const nameParam = z.object({ name: z.string().max(200) });
const refusals = ["unauthorized", "forbidden", "wrong_origin"] as const;
const bodyProblems = ["invalid_input", "body_too_large", "unsupported_media_type"] as const;

/** The users of the dashboard. All need the scope `admin`. */
export function userPaths(api: Api, shared: Shared): void {
  const { users, setup } = shared.options.accounts;
  const admin = shared.needs("admin");

  const list = createRoute({
    method: "get",
    path: "/api/v1/users",
    summary: "List who can sign in",
    security: scoped("admin"),
    middleware: [admin] as const,
    responses: {
      200: inJson("All users, by name", z.object({ users: z.array(userSchema) })),
      ...problems(...refusals),
    },
  });
  api.openapi(list, async (c) => c.json({ users: (await users.list()).map(shownUser) }, 200));

  const put = createRoute({
    method: "put",
    path: "/api/v1/users/{name}",
    summary: "Make a user, or change password or scopes; a new password ends the sessions",
    security: scoped("admin"),
    middleware: [admin, ...jsonBody] as const,
    request: {
      params: nameParam,
      body: { required: true, content: { "application/json": { schema: userBody } } },
    },
    responses: {
      200: inJson("The user", userSchema),
      ...problems(...bodyProblems, ...refusals, "rate_limited"),
    },
  });
  api.openapi(put, async (c) =>
    c.json(shownUser(await users.put(c.req.valid("param").name, c.req.valid("json"))), 200),
  );

  const remove = createRoute({
    method: "delete",
    path: "/api/v1/users/{name}",
    summary: "Remove a user, and end the sessions",
    security: scoped("admin"),
    middleware: [admin] as const,
    request: { params: nameParam },
    responses: { 204: { description: "Removed" }, ...problems("invalid_input", ...refusals, "not_found") },
  });
  api.openapi(remove, async (c) => {
    await users.remove(c.req.valid("param").name);
    return c.body(null, 204);
  });

  const invite = createRoute({
    method: "post",
    path: "/api/v1/setup/links",
    summary: "Make a link that sets a password, once",
    security: scoped("admin"),
    middleware: [admin, ...jsonBody] as const,
    request: { body: { required: true, content: { "application/json": { schema: setupLinkBody } } } },
    responses: {
      201: inJson("Made; shown once", setupLinkSchema),
      ...problems(...bodyProblems, ...refusals),
    },
  });
  api.openapi(invite, async (c) => {
    const { name = null, scopes = null } = c.req.valid("json");
    const { token, expiresAt } = await setup.invite(name, scopes);
    const url = `${shared.options.baseUrl}/dashboard/setup#${token}`;
    return c.json({ url, expiresAt: new Date(expiresAt).toISOString() }, 201);
  });
}

function shownUser({ name, scopes, createdAt }: User): z.infer<typeof userSchema> {
  return { name, scopes: [...scopes], createdAt: new Date(createdAt).toISOString() };
}
