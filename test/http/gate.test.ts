/** How often one may ask the API, and which other origins may. */
import { afterAll, expect, test } from "bun:test";
import { startParts } from "./parts.ts";

let clock = Date.now();
const limited = startParts({ rateLimit: 5, now: () => clock });
const open = startParts({ corsOrigins: ["https://app.example"] });
const closed = startParts();
afterAll(() => Promise.all([limited, open, closed].map(({ server }) => server.drain())));

test("each key and each address has an allowance of its own, and is told what is left", async () => {
  const { key } = await limited.keys.create({ name: null, scopes: ["links:read"], expiresAt: null });
  const asKey = { authorization: `Bearer ${key}` };
  const list = (headers: Record<string, string>) => limited.ask("GET", "/api/v1/links", undefined, headers);
  const told = ({ headers }: { headers: Headers }) =>
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"].map((name) => headers.get(name));
  expect(told(await list(asKey))).toEqual(["5", "4", "12", null]);
  for (let i = 0; i < 4; i++) expect((await list(asKey)).status).toBe(200);
  const refused = await list(asKey);
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", detail: "Too fast. 12 s." } });
  expect(told(refused)).toEqual(["5", "0", "60", "12"]);
  const nobody = await list({ authorization: "" });
  expect([nobody.status, ...told(nobody)]).toEqual([401, "5", "4", "12", null]);
  expect((await list({})).status).toBe(200);
  clock += 12_000;
  expect((await list(asKey)).status).toBe(200);
  expect((await list(asKey)).status).toBe(429);
  // Redirects and pages are not the API.
  for (let i = 0; i < 10; i++)
    expect((await limited.ask("GET", "/x", undefined, { authorization: "" })).status).toBe(404);
});

test("without a limit nothing is said of one", async () => {
  const { headers } = await closed.ask("GET", "/api/v1/links");
  expect([...headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
});

test("pages of other origins may ask only where they are named, and never with a session", async () => {
  const origin = { origin: "https://app.example" };
  const preflight = { ...origin, "access-control-request-method": "PATCH", authorization: "", "content-type": "" };
  const cors = ({ headers }: { headers: Headers }) =>
    [...headers].filter(([name]) => name.startsWith("access-control"));
  const asked = await open.ask("OPTIONS", "/api/v1/links", undefined, preflight);
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
  expect(asked.headers.get("vary")).toBe("Origin");
  const read = await open.ask("GET", "/api/v1/links", undefined, origin);
  expect([read.status, read.headers.get("access-control-allow-origin")]).toEqual([200, "https://app.example"]);
  for (const [on, headers] of [
    [open, { ...preflight, origin: "https://evil.example" }],
    [closed, preflight],
  ] as const) {
    expect(cors(await on.ask("OPTIONS", "/api/v1/links", undefined, headers))).toEqual([]);
    expect(cors(await on.ask("GET", "/api/v1/links", undefined, { origin: headers.origin }))).toEqual([]);
  }
  const page = { origin: open.url, "curt-session": "1", authorization: "" };
  await open.accounts.users.put("ana", { password: "correct horse battery" });
  const signedIn = await open.ask("POST", "/api/v1/session", { name: "ana", password: "correct horse battery" }, page);
  const cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  expect((await open.ask("GET", "/api/v1/links", undefined, { ...page, cookie })).status).toBe(200);
  expect((await open.ask("GET", "/api/v1/links", undefined, { ...page, ...origin, cookie })).status).toBe(403);
});
