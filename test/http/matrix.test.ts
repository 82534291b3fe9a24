/**
 * Who may ask what: every path and method that the OpenAPI document has, with no key, with each scope, signed in with each
 * scope, and signed in but from elsewhere. What is expected is read from the document alone.
 */
import { afterAll, expect, test } from "bun:test";
import { type Scope, scopes } from "../../src/core/keys.ts";
import { adminKey, startParts } from "./parts.ts";

interface Operation {
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

const guarded = startParts();
const unguarded = startParts({ mutants: ["no-origin-check"] });
afterAll(() => Promise.all([guarded.server.drain(), unguarded.server.drain()]));

type Caller =
  | { readonly as: "nobody" }
  | { readonly as: "key" | "session"; readonly scope: Scope; readonly from?: "elsewhere" | "unsaid" };

const callers: readonly Caller[] = [
  { as: "nobody" },
  ...scopes.map((scope) => ({ as: "key", scope }) as const),
  ...scopes.map((scope) => ({ as: "session", scope }) as const),
  ...scopes.map((scope) => ({ as: "session", scope, from: "elsewhere" }) as const),
  ...scopes.map((scope) => ({ as: "session", scope, from: "unsaid" }) as const),
];

/** What the document lets a caller expect: an answer of the operation itself, or that it is refused and how. */
function expected(method: string, operation: Operation, caller: Caller): 401 | 403 | "let in" {
  const ownPageOnly = operation.parameters?.some(({ name }) => name === "curt-session") === true;
  if (ownPageOnly) return caller.as === "session" && caller.from === undefined ? "let in" : 403;
  const { security } = operation;
  if (security === undefined || security.length === 0) return "let in";
  const reads = method === "get";
  // What the session is not counted for, it can't be misused for either.
  const takesSessions = security.some((one) => "session" in one);
  const seen = caller.as === "session" && !takesSessions ? ({ as: "nobody" } as const) : caller;
  const wrongPlace = seen.as === "session" && (seen.from === "elsewhere" || (seen.from === "unsaid" && !reads));
  if (wrongPlace) return 403;
  if (seen.as === "nobody") return 401;
  const needed = security.find((one) => seen.as in one)?.[seen.as];
  if (needed === undefined) return 401;
  return needed.length === 0 || seen.scope === "admin" || needed.includes(seen.scope) ? "let in" : 403;
}

async function headersOf(on: typeof guarded, caller: Caller): Promise<Record<string, string>> {
  if (caller.as === "nobody") return { authorization: "" };
  if (caller.as === "key") {
    const { key } = await on.keys.create({ name: null, scopes: [caller.scope], expiresAt: null });
    return { authorization: `Bearer ${key}` };
  }
  const name = caller.scope.replace(":", ".");
  const user =
    (await on.accounts.users.find(name)) ??
    (await on.accounts.users.put(name, { password: "correct horse battery", scopes: [caller.scope] }));
  const { token } = await on.accounts.sessions.begin(user, null);
  const session = { authorization: "", cookie: `curt=${token}` };
  if (caller.from === "elsewhere") return { ...session, origin: "https://evil.example", "curt-session": "1" };
  if (caller.from === "unsaid") return { ...session, origin: on.url };
  return { ...session, origin: on.url, "curt-session": "1" };
}

/** The answer of a stream that does not end, which is left. */
async function begun(url: string, headers: Record<string, string>) {
  const left = new AbortController();
  const given = Object.entries({ ...headers, authorization: headers.authorization ?? `Bearer ${adminKey}` });
  const { status } = await fetch(url, { headers: given.filter(([, value]) => value !== ""), signal: left.signal });
  left.abort();
  return { status, body: undefined };
}

/** Every operation by every caller; gives what was not as the document says, and how many there were. */
async function asked(on: typeof guarded): Promise<{ count: number; wrong: string[] }> {
  const { body } = await on.ask("GET", "/api/v1/openapi.json");
  const wrong: string[] = [];
  let count = 0;
  for (const [path, methods] of Object.entries(body.paths as Record<string, Record<string, Operation>>))
    for (const [method, operation] of Object.entries(methods))
      for (const caller of callers) {
        const named = path.replaceAll(/\{\w+\}/g, "1");
        const type = Object.keys(operation.requestBody?.content ?? {})[0] ?? "application/json";
        const query = path === "/generateUrl" ? "?url=https://example.com/" : path === "/redirect" ? "?key=1" : "";
        const headers = { ...(await headersOf(on, caller)), "content-type": type };
        const given = method === "get" || method === "delete" ? undefined : "{}";
        const answer = path.endsWith("/live")
          ? await begun(`${on.url}${named}`, headers)
          : await on.ask(method.toUpperCase(), named + query, given, headers);
        const want = expected(method, operation, caller);
        const got = answer.status === 401 || answer.status === 403 ? answer.status : "let in";
        // Changing one's password needs the one there is: 401 says that it is wrong, after letting in.
        const judged = answer.body?.code === "wrong_credentials" ? "let in" : got;
        count++;
        if (judged !== want || answer.status >= 500 || !(answer.status in operation.responses))
          wrong.push(`${method} ${path} ${JSON.stringify(caller)}: ${answer.status}, expected ${want}`);
      }
  return { count, wrong };
}

test("no answer is other than the document says", async () => {
  const { count, wrong } = await asked(guarded);
  expect(wrong).toEqual([]);
  console.log(`${count} answers, 0 unexpected`);
  expect(count).toBeGreaterThan(400);
});

test("without the check of origins the same matrix fails", async () => {
  const { wrong } = await asked(unguarded);
  expect(wrong.length).toBeGreaterThan(20);
  expect(wrong.every((one) => /"from":"(elsewhere|unsaid)"|curt-session|session|setup/.test(one))).toBe(true);
});
