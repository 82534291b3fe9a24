/** Signing in: who gets a session, what it may do and from where, and how it ends. */
import { afterAll, describe, expect, test } from "bun:test";
import { mostTries, triesFor } from "../../src/core/sign-in.ts";
import { startParts } from "./parts.ts";

let clock = Date.now();
const parts = startParts({ now: () => clock });
const guardless = startParts({ mutants: ["no-origin-check"] });
afterAll(() => Promise.all([parts.server.drain(), guardless.server.drain()]));

const password = "correct horse battery";
const page = (url: string) => ({ authorization: "", origin: url, "curt-session": "1" });
type Asked = ReturnType<typeof startParts>;

function cookieOf(headers: Headers): string {
  return headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

/** Signs in and gives the headers of the session's page. */
async function signedIn(on: Asked, name: string, scopes = ["admin"]) {
  await on.ask("PUT", `/api/v1/users/${name}`, { password, scopes });
  const answer = await on.ask("POST", "/api/v1/session", { name, password }, page(on.url));
  expect(answer.status).toBe(200);
  return { ...page(on.url), cookie: cookieOf(answer.headers) };
}

describe("signing in", () => {
  test("gives a session that says who it is, in a cookie that no script reads", async () => {
    await parts.ask("PUT", "/api/v1/users/Ana", { password, scopes: ["links:read"] });
    const answer = await parts.ask("POST", "/api/v1/session", { name: " ANA ", password }, page(parts.url));
    expect(answer.body).toMatchObject({ kind: "user", name: "ana", scopes: ["links:read"] });
    const [line = ""] = answer.headers.getSetCookie();
    expect(line).toMatch(/^curt=[0-9a-f.]{81}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
    const who = await parts.ask("GET", "/api/v1/session", undefined, {
      ...page(parts.url),
      cookie: cookieOf(answer.headers),
    });
    expect(who.body).toMatchObject({ kind: "user", name: "ana" });
    expect(JSON.stringify([...parts.store.documents.values()])).not.toContain(line.split(/[=;.]/)[2] ?? "none");
    expect(JSON.stringify([...parts.store.documents.values()])).not.toContain(password);
  });

  test("over TLS has a cookie that no neighbour can plant", async () => {
    await parts.ask("PUT", "/api/v1/users/tls", { password });
    const from = { ...page("https://curt.example"), "sec-fetch-site": "same-origin" };
    const answer = await parts.ask("POST", "/api/v1/session", { name: "tls", password }, from);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-curt=.*; Path=\/; .*; Secure$/);
    const cookie = cookieOf(answer.headers);
    const asked = (headers: Record<string, string>) =>
      parts.ask("GET", "/api/v1/session", undefined, { authorization: "", host: "curt.example", ...headers });
    expect((await asked({ cookie })).status).toBe(200);
    expect((await asked({ cookie: cookie.replace("__Host-", "") })).status).toBe(401);
  });

  test("answers a wrong name and a wrong password alike, and judges both", async () => {
    await parts.ask("PUT", "/api/v1/users/bea", { password });
    const wrong = await parts.ask("POST", "/api/v1/session", { name: "bea", password: "wrong" }, page(parts.url));
    const nobody = await parts.ask("POST", "/api/v1/session", { name: "nobody", password }, page(parts.url));
    expect(wrong.status).toBe(401);
    expect(wrong.body).toEqual(nobody.body);
    expect(wrong.body).toMatchObject({ code: "wrong_credentials", detail: "No. Name or password is off." });
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  test("puts another session in place of the one the browser had", async () => {
    const headers = await signedIn(parts, "cora");
    const again = await parts.ask("POST", "/api/v1/session", { name: "cora", password }, headers);
    expect(cookieOf(again.headers)).not.toBe(headers.cookie);
    expect((await parts.ask("GET", "/api/v1/session", undefined, headers)).status).toBe(401);
  });

  test("is refused after too many tries for a name, right or wrong, and allowed again later", async () => {
    const few = startParts({ now: () => clock });
    await few.ask("PUT", "/api/v1/users/dan", { password });
    const attempt = (given: string) =>
      few.ask("POST", "/api/v1/session", { name: "dan", password: given }, page(few.url));
    const answers = await Promise.all(Array.from({ length: mostTries + 3 }, () => attempt("wrong")));
    expect(answers.filter((one) => one.status === 401)).toHaveLength(mostTries);
    const refused = await attempt(password);
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited", detail: "Enough. Try in 5 min." } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(200);
    clock += triesFor + 1000;
    expect((await attempt(password)).status).toBe(200);
    await few.server.drain();
  });

  test("is refused after too many tries from an address, whatever the names", async () => {
    const few = startParts({ now: () => clock });
    const statuses: number[] = [];
    for (let i = 0; i < 22; i++)
      statuses.push((await few.ask("POST", "/api/v1/session", { name: `n${i}`, password }, page(few.url))).status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    await few.server.drain();
  });
});

describe("a session", () => {
  test("may do what its user may, and not more", async () => {
    const headers = await signedIn(parts, "reader", ["links:read"]);
    expect((await parts.ask("GET", "/api/v1/links", undefined, headers)).status).toBe(200);
    const made = await parts.ask("POST", "/api/v1/links", { url: "https://example.com/" }, headers);
    expect(made).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect((await parts.ask("GET", "/api/v1/keys", undefined, headers)).status).toBe(403);
    await parts.ask("PUT", "/api/v1/users/reader", { scopes: ["links:write"] });
    const allowed = await parts.ask("POST", "/api/v1/links", { url: "https://example.com/" }, headers);
    expect(allowed.status).toBe(201);
  });

  test("counts only from our own pages, and changes need the header", async () => {
    const good = await signedIn(parts, "eva");
    const rows: [change: Record<string, string>, read: number, write: number][] = [
      [{}, 200, 201],
      [{ "sec-fetch-site": "same-origin" }, 200, 201],
      [{ origin: "", "sec-fetch-site": "same-origin" }, 200, 201],
      [{ origin: "https://curt.example" }, 200, 201],
      [{ origin: "", "sec-fetch-site": "none" }, 200, 403],
      [{ "curt-session": "" }, 200, 403],
      [{ origin: "" }, 200, 403],
      [{ origin: "https://evil.example" }, 403, 403],
      [{ origin: "null" }, 403, 403],
      [{ origin: `${parts.url}.evil.example` }, 403, 403],
      [{ origin: "http://127.0.0.1:1" }, 403, 403],
      [{ "sec-fetch-site": "cross-site" }, 403, 403],
      [{ origin: "", "sec-fetch-site": "same-site" }, 403, 403],
    ];
    for (const [change, read, write] of rows) {
      const headers = { ...good, ...change };
      expect([change, (await parts.ask("GET", "/api/v1/links", undefined, headers)).status]).toEqual([change, read]);
      const made = await parts.ask("POST", "/api/v1/links", { url: "https://example.com/" }, headers);
      expect([change, made.status]).toEqual([change, write]);
      if (write === 403) expect(made.body.code).toBe("wrong_origin");
    }
    const theirs = await signedIn(guardless, "eva");
    const seen = await guardless.ask(
      "POST",
      "/api/v1/links",
      { url: "https://example.com/" },
      {
        ...theirs,
        origin: "https://evil.example",
      },
    );
    expect(seen.status).toBe(201);
  });

  test("signing in itself is no matter of other pages", async () => {
    for (const headers of [{ origin: "https://evil.example" }, { "curt-session": "" }, { origin: "" }]) {
      const answer = await parts.ask(
        "POST",
        "/api/v1/session",
        { name: "eva", password },
        { ...page(parts.url), ...headers },
      );
      expect(answer).toMatchObject({ status: 403, body: { code: "wrong_origin" } });
    }
  });

  test("never authorises the older interfaces", async () => {
    const headers = await signedIn(parts, "old");
    expect((await parts.ask("GET", "/generateUrl?url=https://example.com/", undefined, headers)).status).toBe(401);
    expect((await parts.ask("POST", "/shorten_url", { url: "https://example.com/" }, headers)).status).toBe(401);
  });

  test("ends by signing out, by being revoked, with its user, with a new password, unused and after its time", async () => {
    const alive = async (headers: Record<string, string>) =>
      (await parts.ask("GET", "/api/v1/session", undefined, headers)).status === 200;
    const out = await signedIn(parts, "out");
    const left = await parts.ask("DELETE", "/api/v1/session", undefined, out);
    expect(left.status).toBe(204);
    expect(left.headers.getSetCookie()[0]).toMatch(/^curt=; .*Max-Age=0/);
    expect(await alive(out)).toBe(false);

    const one = await signedIn(parts, "two");
    const twice = await parts.ask("POST", "/api/v1/session", { name: "two", password }, page(parts.url));
    const other = { ...one, cookie: cookieOf(twice.headers) };
    const listed = (await parts.ask("GET", "/api/v1/sessions", undefined, one)).body.sessions;
    expect(listed.filter((session: { current: boolean }) => session.current)).toHaveLength(1);
    expect(listed).toHaveLength(2);
    const { id } = listed.find((session: { current: boolean }) => !session.current);
    const stranger = await signedIn(parts, "stranger", ["links:read"]);
    expect((await parts.ask("DELETE", `/api/v1/sessions/${id}`, undefined, stranger)).status).toBe(404);
    expect((await parts.ask("DELETE", `/api/v1/sessions/${id}`, undefined, one)).status).toBe(204);
    expect([await alive(one), await alive(other)]).toEqual([true, false]);

    const changed = await parts.ask(
      "PUT",
      "/api/v1/session/password",
      { current: password, password: `${password}2` },
      one,
    );
    expect(changed.status).toBe(200);
    expect(await alive(one)).toBe(false);
    expect(await alive({ ...one, cookie: cookieOf(changed.headers) })).toBe(true);
    const bad = { ...one, cookie: cookieOf(changed.headers) };
    expect(
      (await parts.ask("PUT", "/api/v1/session/password", { current: "x", password: `${password}3` }, bad)).status,
    ).toBe(401);

    const gone = await signedIn(parts, "gone");
    await parts.ask("DELETE", "/api/v1/users/gone");
    expect(await alive(gone)).toBe(false);

    const hour = 3_600_000;
    const idle = await signedIn(parts, "idle");
    clock += 7 * 24 * hour + 1;
    expect(await alive(idle)).toBe(false);
    const busy = await signedIn(parts, "busy");
    for (let day = 0; day < 29; day++) {
      clock += 24 * hour;
      expect(await alive(busy)).toBe(true);
      await Bun.sleep(0);
    }
    clock += 24 * hour;
    expect(await alive(busy)).toBe(false);
  });

  test("a name has at most 20, and the one unused for longest makes room", async () => {
    const few = startParts();
    await few.ask("PUT", "/api/v1/users/many", { password });
    const user = await few.accounts.users.find("many");
    if (user === undefined) throw new Error("nobody");
    const tokens: string[] = [];
    for (let i = 0; i < 21; i++) tokens.push((await few.accounts.sessions.begin(user, null)).token);
    expect(await few.accounts.sessions.list("many")).toHaveLength(20);
    expect(await few.accounts.sessions.find(tokens[20] ?? "")).toBeDefined();
    await few.server.drain();
  });
});

describe("the one-time link", () => {
  test("sets the first password, once, within an hour, and only while nobody can sign in", async () => {
    const fresh = startParts({ now: () => clock });
    const post = (body: unknown) => fresh.ask("POST", "/api/v1/setup", body, page(fresh.url));
    expect((await fresh.ask("GET", "/api/v1/setup", undefined, { authorization: "" })).body).toEqual({ needed: true });
    const late = await fresh.accounts.setup.first();
    clock += 3_600_001;
    expect(await post({ token: late?.token, name: "me", password })).toMatchObject({
      status: 410,
      body: { code: "setup_over" },
    });
    const one = await fresh.accounts.setup.first();
    const other = await fresh.accounts.setup.first();
    const short = await post({ token: one?.token, name: "me", password: "nine char" });
    expect(short.body.errors).toEqual([{ path: "password", message: "9 so far. 3 more." }]);
    const tries = await Promise.all([1, 2, 3].map((i) => post({ token: one?.token, name: `me${i}`, password })));
    expect(tries.map((answer) => answer.status).sort()).toEqual([200, 410, 410]);
    expect((await post({ token: other?.token, name: "evil", password })).status).toBe(410);
    expect((await fresh.ask("GET", "/api/v1/setup")).body).toEqual({ needed: false });
    const winner = tries.find((answer) => answer.status === 200);
    const headers = { ...page(fresh.url), cookie: cookieOf(winner?.headers ?? new Headers()) };
    expect((await fresh.ask("GET", "/api/v1/session", undefined, headers)).body.scopes).toEqual(["admin"]);
    await fresh.server.drain();
  });

  test("an admin makes one for a name; it changes nobody else's password", async () => {
    const before = await signedIn(parts, "fay", ["links:read"]);
    const made = await parts.ask("POST", "/api/v1/setup/links", { name: "fay" });
    const token = made.body.url.split("#")[1];
    expect(made.body.url).toStartWith("https://curt.example/dashboard/setup#");
    const foreign = await parts.ask("POST", "/api/v1/setup", { token, name: "eva", password }, page(parts.url));
    expect(foreign).toMatchObject({ status: 400, body: { errors: [{ path: "name" }] } });
    const set = await parts.ask("POST", "/api/v1/setup", { token, password: "another long one" }, page(parts.url));
    expect(set.body).toMatchObject({ name: "fay", scopes: ["links:read"] });
    expect((await parts.ask("GET", "/api/v1/session", undefined, before)).status).toBe(401);
    const open = await parts.ask("POST", "/api/v1/setup/links", {});
    const taken = { token: open.body.url.split("#")[1], name: "fay", password };
    expect((await parts.ask("POST", "/api/v1/setup", taken, page(parts.url))).body.errors).toEqual([
      { path: "name", message: "Taken." },
    ]);
  });
});
