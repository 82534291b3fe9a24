import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { CurtError } from "../../core/errors.ts";
import type { Session } from "../../core/sessions.ts";
import type { User } from "../../core/users.ts";
import { signInPeriod, signInTries } from "../limits.ts";
import { callerSchema, passwordBody, sessionSchema, setupBody, setupSchema, signInBody } from "./account-schemas.ts";
import { type Api, type Caller, type Env, jsonBody, type Shared } from "./context.ts";
import { inJson, problems } from "./schemas.ts";
import { timeOf } from "./shown.ts";

const security = [{ session: [] }, { key: [] }];
/** Who sees sessions: one's own, or with this scope of a key those of all. */
const seesSessions = [{ session: [] }, { key: ["admin"] }];
/** What a page of ours sends with a change where nobody need be signed in. */
const ownPage = z.object({ "curt-session": z.literal("1") });
const caller = { content: { "application/json": { schema: callerSchema } } };
const bodyProblems = ["invalid_input", "body_too_large", "unsupported_media_type"] as const;
/** Characters that are kept of how a browser names itself. */
const agentLimit = 200;

/** Signing in and out, and who asks. */
export function sessionPaths(api: Api, shared: Shared): void {
  const { sessions, signIn, setup, users } = shared.options.accounts;
  const door = shared.ownPage(signInTries, signInPeriod);
  const json = <S extends z.ZodType>(schema: S) => ({
    body: { required: true, content: { "application/json": { schema } } },
  });

  /** Puts a session in place of the one that the browser had. */
  async function entered(c: Context<Env>, begun: { session: Session; token: string }) {
    const before = shared.cookie.tokenOf(c.req.raw);
    const old = before === undefined ? undefined : await sessions.find(before);
    if (old !== undefined) await sessions.end(old.id);
    c.header("Set-Cookie", shared.cookie.given(begun.token, c.req.raw));
    return c.json(shownCaller({ kind: "user", session: begun.session, scopes: begun.session.user.scopes }), 200);
  }

  const who = createRoute({
    method: "get",
    path: "/api/v1/session",
    summary: "Who asks, and what they may do",
    security,
    middleware: [shared.needsCaller()] as const,
    responses: { 200: { description: "You", ...caller }, ...problems("unauthorized", "wrong_origin") },
  });
  api.openapi(who, (c) => c.json(shownCaller(c.get("caller")), 200));

  const begin = createRoute({
    method: "post",
    path: "/api/v1/session",
    summary: "Sign in",
    description: "From a page of this Curt, with the header Curt-Session: 1. The session is in a cookie.",
    middleware: [door, ...jsonBody] as const,
    request: { headers: ownPage, ...json(signInBody) },
    responses: {
      200: { description: "You, signed in", ...caller },
      ...problems(...bodyProblems, "wrong_credentials", "wrong_origin", "rate_limited"),
    },
  });
  api.openapi(begin, async (c) => {
    const { name, password } = c.req.valid("json");
    return entered(c, await signIn.begin(name, password, agentOf(c)));
  });

  const end = createRoute({
    method: "delete",
    path: "/api/v1/session",
    summary: "Sign out",
    middleware: [shared.fromOwnPage()] as const,
    request: { headers: ownPage },
    responses: {
      204: { description: "Nobody is signed in here, or not any more" },
      ...problems("invalid_input", "wrong_origin"),
    },
  });
  api.openapi(end, async (c) => {
    const token = shared.cookie.tokenOf(c.req.raw);
    const session = token === undefined ? undefined : await sessions.find(token);
    if (session !== undefined) await sessions.end(session.id);
    for (const line of shared.cookie.taken(c.req.raw)) c.header("Set-Cookie", line, { append: true });
    return c.body(null, 204);
  });

  const change = createRoute({
    method: "put",
    path: "/api/v1/session/password",
    summary: "Change one's own password; ends one's other sessions",
    security: [{ session: [] }],
    middleware: [door, ...jsonBody] as const,
    request: { headers: ownPage, ...json(passwordBody) },
    responses: {
      200: { description: "Changed", ...caller },
      ...problems(...bodyProblems, "unauthorized", "wrong_credentials", "wrong_origin", "rate_limited"),
    },
  });
  api.openapi(change, async (c) => {
    const session = await shared.sessionOf(c);
    if (session === undefined) throw new CurtError("unauthorized", "Only who is signed in has a password.");
    const { current, password } = c.req.valid("json");
    // Counted as any other try, or a session left open would be a place to guess the password at.
    const proof = await signIn.begin(session.user.name, current, null);
    await sessions.end(proof.session.id);
    const user = await users.put(session.user.name, { password });
    await sessions.end(session.id);
    return entered(c, await sessions.begin(user, agentOf(c)));
  });

  const list = createRoute({
    method: "get",
    path: "/api/v1/sessions",
    summary: "One's own sessions; with an admin key those of all",
    security: seesSessions,
    middleware: [shared.needsCaller()] as const,
    responses: {
      200: inJson("The one used last first", z.object({ sessions: z.array(sessionSchema) })),
      ...problems("unauthorized", "forbidden", "wrong_origin"),
    },
  });
  api.openapi(list, async (c) => {
    const found = await sessions.list(ownNameOf(c.get("caller")));
    return c.json({ sessions: found.map((one) => shownSession(one, c.get("caller"))) }, 200);
  });

  const revoke = createRoute({
    method: "delete",
    path: "/api/v1/sessions/{id}",
    summary: "End a session",
    security: seesSessions,
    middleware: [shared.needsCaller()] as const,
    request: { params: z.object({ id: z.string().max(64) }) },
    responses: {
      204: { description: "Ended" },
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found"),
    },
  });
  api.openapi(revoke, async (c) => {
    const { id } = c.req.valid("param");
    const theirs = await sessions.list(ownNameOf(c.get("caller")));
    if (!theirs.some((one) => one.id === id) || !(await sessions.end(id)))
      throw new CurtError("not_found", "There is no such session.");
    return c.body(null, 204);
  });

  const isNeeded = createRoute({
    method: "get",
    path: "/api/v1/setup",
    summary: "Whether nobody can sign in yet",
    responses: {
      200: inJson("The one-time link is needed or not", setupSchema),
      ...problems(),
    },
  });
  api.openapi(isNeeded, async (c) => c.json({ needed: await setup.isNeeded() }, 200));

  const redeem = createRoute({
    method: "post",
    path: "/api/v1/setup",
    summary: "Set a password with a one-time link, and sign in",
    description:
      "`token` is what follows the # of the link. From a page of this Curt, with the header Curt-Session: 1.",
    middleware: [door, ...jsonBody] as const,
    request: { headers: ownPage, ...json(setupBody) },
    responses: {
      200: { description: "You, signed in", ...caller },
      ...problems(...bodyProblems, "wrong_origin", "setup_over", "rate_limited"),
    },
  });
  api.openapi(redeem, async (c) => {
    const { token, name, password } = c.req.valid("json");
    const user: User = await setup.redeem(token, name, password);
    return entered(c, await sessions.begin(user, agentOf(c)));
  });
}

/** Whose sessions a caller sees: their own; `undefined`: all. */
function ownNameOf(caller: Caller | undefined): string | undefined {
  if (caller?.kind === "user") return caller.session.user.name;
  if (caller?.scopes.includes("admin") === true) return undefined;
  throw new CurtError("forbidden", "This key lacks the scope admin.");
}

function agentOf(c: Context<Env>): string | null {
  const agent = c.req
    .header("user-agent")
    ?.replace(/\p{Cc}/gu, "")
    .slice(0, agentLimit);
  return agent === undefined || agent === "" ? null : agent;
}

function shownCaller(caller: Caller | undefined): z.infer<typeof callerSchema> {
  if (caller === undefined) throw new CurtError("unauthorized", "Nobody is signed in here.");
  const scopes = [...caller.scopes];
  if (caller.kind === "user") {
    const { id, user, expiresAt } = caller.session;
    return { kind: "user", name: user.name, id, scopes, expiresAt: timeOf(expiresAt) };
  }
  const { id, name, expiresAt } = caller.key;
  return { kind: "key", name, id, scopes, expiresAt: timeOf(expiresAt) };
}

function shownSession(session: Session, caller: Caller | undefined): z.infer<typeof sessionSchema> {
  const { id, user, agent } = session;
  const at = (ms: number) => new Date(ms).toISOString();
  return {
    id,
    user: user.name,
    createdAt: at(session.createdAt),
    seenAt: at(session.seenAt),
    expiresAt: at(session.expiresAt),
    agent,
    current: caller?.kind === "user" && caller.session.id === id,
  };
}
