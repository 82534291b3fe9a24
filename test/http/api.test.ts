/** The API for programs: every kind of bad input, keys and scopes, versions, lists, and its own description. */
import { afterAll, describe, expect, test } from "bun:test";
import { errorTable } from "../../src/core/errors.ts";
import { clientOf, RateLimit } from "../../src/http/rate.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const parts = startParts();
const { ask } = parts;
const open = startParts({ publicCreate: true, trustedProxies: ["127.0.0.1"] });
afterAll(() => Promise.all([parts.server.drain(), open.server.drain()]));

const create = (body: unknown, headers = {}) => ask("POST", "/api/v1/links", body, headers);
const url = "https://example.com/";

describe("bad input gets 400 and the path of the field", () => {
  const rows: Record<string, [body: unknown, path: string]> = {
    "no scheme": [{ url: "example.com/x" }, "url"],
    "javascript:": [{ url: "javascript:alert(1)" }, "url"],
    "JavaScript: in mixed case": [{ url: "JaVaScRiPt:alert(1)" }, "url"],
    "javascript: with a tab inside": [{ url: "java\tscript:alert(1)" }, "url"],
    "javascript: with a line end inside": [{ url: "java\r\nscript:alert(1)" }, "url"],
    "javascript: after a control character": [{ url: "\u0001javascript:alert(1)" }, "url"],
    "javascript: after a space": [{ url: "  javascript:alert(1)" }, "url"],
    "data:": [{ url: "data:text/html,x" }, "url"],
    "file:": [{ url: "file:///etc/passwd" }, "url"],
    "//host": [{ url: "//example.com/" }, "url"],
    "/\\host": [{ url: "/\\example.com/" }, "url"],
    "own host": [{ url: "https://curt.example/x" }, "url"],
    "own host in other letters, with a dot": [{ url: "https://CURT.example./x" }, "url"],
    "this machine's port": [{ url: "http://localhost:5000/" }, "url"],
    "a user name": [{ url: "https://example.com@evil.example/" }, "url"],
    "over 8 KB": [{ url: `${url}${"u".repeat(8192)}` }, "url"],
    "a number": [{ url: 5 }, "url"],
    null: [{ url: null }, "url"],
    "an object": [{ url: { toString: "x" } }, "url"],
    nothing: [{}, "url"],
    "an unknown field": [{ url, colour: "red" }, "colour"],
    "a field that is none": [{ url, colour: "red" }, "colour"],
    __proto__: ['{"url":"https://example.com/","__proto__":{"reuse":true}}', "__proto__"],
    "a date that is none": [{ url, validFrom: "tomorrow" }, "validFrom"],
    "a day that is none": [{ url, validUntil: "2030-02-30T00:00:00Z" }, "validUntil"],
    "a time without offset": [{ url, validUntil: "2030-02-01T00:00:00" }, "validUntil"],
    "a time as a number": [{ url, validUntil: 1893456000000 }, "validUntil"],
    "a window that ends before it starts": [
      { url, validFrom: "2030-01-02T00:00:00Z", validUntil: "2030-01-01T00:00:00Z" },
      "validUntil",
    ],
    "a window that ends as it starts": [
      { url, validFrom: "2030-01-02T00:00:00Z", validUntil: "2030-01-02T01:00:00+01:00" },
      "validUntil",
    ],
    "a title of 501": [{ url, title: "😀".repeat(501) }, "title"],
    "a title with a line end": [{ url, title: "a\nb" }, "title"],
    "half a character": ['{"url":"https://example.com/","title":"\\ud800"}', "title"],
    "a note of 5,001": [{ url, note: "n".repeat(5001) }, "note"],
    "a note with NUL": [{ url, note: "\u0000" }, "note"],
    "51 tags": [{ url, tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, "tags"],
    "a tag of 65": [{ url, tags: ["ok", "t".repeat(65)] }, "tags.1"],
    "an empty tag": [{ url, tags: [" "] }, "tags.0"],
    "a tag that is no text": [{ url, tags: [5] }, "tags.0"],
    "tags that are no list": [{ url, tags: "a" }, "tags"],
    "a status that redirects nobody": [{ url, redirectStatus: 304 }, "redirectStatus"],
    "a limit of none": [{ url, maxClicks: 0 }, "maxClicks"],
    "half a click": [{ url, maxClicks: 1.5 }, "maxClicks"],
    "a limit as text": [{ url, maxClicks: "5" }, "maxClicks"],
    "too high a limit": [{ url, maxClicks: 1_000_000_001 }, "maxClicks"],
    "disabled as text": [{ url, disabled: "yes" }, "disabled"],
    "a slug with a space": [{ url, slug: "a b" }, "slug"],
    "an empty slug": [{ url, slug: "" }, "slug"],
    "a slug that ends in /": [{ url, slug: "a/" }, "slug"],
    "a slug with ..": [{ url, slug: "a/../b" }, "slug"],
    "a slug of 129": [{ url, slug: "s".repeat(129) }, "slug"],
    "a list": [[], ""],
    "no JSON": ["{", ""],
    "an empty body": ["", ""],
    "nested 17 deep": ["[".repeat(17) + "]".repeat(17), ""],
    "not UTF-8": ["\ud800", ""],
  };
  for (const [name, [body, path]] of Object.entries(rows))
    test(name, async () => {
      const answer = await create(name === "not UTF-8" ? undefined : body);
      if (name === "not UTF-8") {
        const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
        const headers = { authorization: "Bearer an-admin-key-of-tests", "content-type": "application/json" };
        const direct = await fetch(`${parts.url}/api/v1/links`, { method: "POST", headers, body: bytes });
        expect([direct.status, ((await direct.json()) as { code: string }).code]).toEqual([400, "invalid_input"]);
        return;
      }
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_input"]);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.body.errors.map((one: { path: string }) => one.path)).toContain(path);
      expect(parts.store.linkMap.size).toBe(0);
    });
});

describe("a link in JSON", () => {
  test("has what went in, cleaned, and times in UTC", async () => {
    const made = await create({
      url: "HTTPS://Example.COM:443/a b?q#f",
      slug: "whole",
      title: "T",
      tags: [" a ", "cafe\u0301", "a"],
      note: "one\ntwo",
      redirectStatus: 308,
      validFrom: "2020-01-01T01:00:00+01:00",
      validUntil: "2999-12-31T23:59:59.999Z",
      maxClicks: 1000,
      forwardQuery: true,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      slug: "whole",
      url: "https://example.com/a%20b?q#f",
      shortUrl: "https://curt.example/whole",
      title: "T",
      tags: ["a", "café"],
      note: "one\ntwo",
      state: "active",
      redirectStatus: 308,
      validFrom: "2020-01-01T00:00:00.000Z",
      validUntil: "2999-12-31T23:59:59.999Z",
      maxClicks: 1000,
      usedClicks: 0,
      disabled: false,
      forwardQuery: true,
      version: 1,
    });
    expect([made.headers.get("etag"), made.headers.get("location")]).toEqual(['"1"', "/api/v1/links/whole"]);
    expect((await ask("GET", "/api/v1/links/whole")).body).toEqual(made.body);
    const cleared = await ask("PATCH", "/api/v1/links/whole", { validFrom: null, title: null, redirectStatus: null });
    expect(cleared.body).toMatchObject({ validFrom: null, title: null, redirectStatus: null, note: "one\ntwo" });
  });

  test("is reached by its slug as one escaped segment", async () => {
    await create({ url, slug: "a/b/ü" });
    const made = await ask("GET", "/api/v1/links/a%2Fb%2F%C3%BC");
    expect([made.status, made.body.slug, made.body.shortUrl]).toEqual([
      200,
      "a/b/ü",
      "https://curt.example/a/b/%C3%BC",
    ]);
    for (const path of ["a/b/%C3%BC", "a%252Fb%252F%C3%BC", "a%2Fb", "%ff", "a%2Fb%2F%C3%BC%2F"])
      expect([path, (await ask("GET", `/api/v1/links/${path}`)).status]).toEqual([path, 404]);
  });

  test("is changed only at the version that If-Match names", async () => {
    await create({ url, slug: "versions" });
    const patch = (header: string) => ask("PATCH", "/api/v1/links/versions", { title: header }, { "if-match": header });
    expect((await patch('"1"')).headers.get("etag")).toBe('"2"');
    expect((await patch("2")).status).toBe(200);
    expect((await patch("*")).status).toBe(200);
    expect((await patch('"3"')).body.code).toBe("version_mismatch");
    expect((await patch("W/3")).body.code).toBe("invalid_input");
    const remove = (header: string) => ask("DELETE", "/api/v1/links/versions", undefined, { "if-match": header });
    expect((await remove('"3"')).status).toBe(412);
    expect([(await remove('"4"')).status, (await remove('"4"')).status]).toEqual([204, 404]);
  });

  test("is not changed by nothing, by its slug, or by bad values", async () => {
    await create({ url, slug: "steady" });
    for (const body of [{}, { slug: "other" }, { url: null }, { url: "nope" }, { validUntil: "x" }, { reuse: true }])
      expect((await ask("PATCH", "/api/v1/links/steady", body)).body.code).toBe("invalid_input");
    expect((await ask("GET", "/api/v1/links/steady")).body.version).toBe(1);
  });

  test("of another kind is refused by name", async () => {
    expect((await create({ url, slug: "api" })).body.code).toBe("slug_reserved");
    expect((await create({ url, slug: "api/x" })).body.code).toBe("slug_reserved");
    expect((await create({ url, slug: "steady" })).body.code).toBe("slug_taken");
    expect((await create({ url }, { "content-type": "text/plain" })).body.code).toBe("unsupported_media_type");
    expect((await create({ url }, { "content-type": "application/json; charset=utf-8" })).status).toBe(201);
    expect((await create(`{"url":"${"u".repeat(1_100_000)}"}`)).body.code).toBe("body_too_large");
    expect((await ask("GET", "/api/v1/links/nothing")).body.code).toBe("not_found");
    expect((await ask("GET", "/api/v1/other")).body.code).toBe("not_found");
    const put = await ask("PUT", "/api/v1/links/steady", { url });
    expect([put.body.code, put.headers.get("allow")]).toEqual(["method_not_allowed", "GET, HEAD, PATCH, DELETE"]);
  });

  test("is found by reuse while it is active", async () => {
    const first = await create({ url: `${url}reuse`, reuse: true });
    expect(await create({ url: `${url}reuse`, reuse: true })).toMatchObject({ status: 200, body: first.body });
    await ask("PATCH", `/api/v1/links/${first.body.slug}`, { validUntil: "2001-01-01T00:00:00Z" });
    expect((await create({ url: `${url}reuse`, reuse: true })).status).toBe(201);
  });

  test("is made once for an Idempotency-Key", async () => {
    const headers = { "idempotency-key": "k1" };
    const all = await Promise.all(Array.from({ length: 20 }, () => create({ url: `${url}once` }, headers)));
    expect(new Set(all.map((one) => `${one.status} ${one.text}`)).size).toBe(1);
    expect(all[0]?.headers.get("etag")).toBe('"1"');
    expect((await create({ url: `${url}twice` }, headers)).body.code).toBe("idempotency_mismatch");
    expect((await create({ url }, { "idempotency-key": "k".repeat(201) })).body.code).toBe("invalid_input");
    const other = await parts.keys.create({ name: null, scopes: ["links:write"], expiresAt: null });
    const theirs = await create({ url: `${url}twice` }, { ...headers, authorization: `Bearer ${other.key}` });
    expect(theirs.status).toBe(201);
  });
});

describe("the list", () => {
  test("refuses what it does not know", async () => {
    for (const [query, path] of [
      ["limit=0", "limit"],
      ["limit=1001", "limit"],
      ["limit=ten", "limit"],
      ["limit=1&limit=2", "limit"],
      ["state=unknown", "state"],
      ["order=oldest", "order"],
      [`search=${"s".repeat(201)}`, "search"],
    ] as const) {
      const { status, body } = await ask("GET", `/api/v1/links?${query}`);
      expect([query, status, body.errors?.[0]?.path]).toEqual([query, 400, path]);
    }
  });

  test("comes in pages", async () => {
    const { body } = await ask("GET", "/api/v1/links?limit=1");
    expect([body.links.length, typeof body.next]).toEqual([1, "string"]);
    const rest = await ask("GET", `/api/v1/links?limit=1000&cursor=${body.next}`);
    expect(rest.body.next).toBeNull();
    expect(rest.body.links.map((link: { slug: string }) => link.slug)).not.toContain(body.links[0].slug);
  });
});

describe("keys", () => {
  const paths: [method: string, path: string, body: unknown, scope: string][] = [
    ["GET", "/api/v1/links", undefined, "links:read"],
    ["GET", "/api/v1/links/nothing", undefined, "links:read"],
    ["POST", "/api/v1/links", { url }, "links:write"],
    ["PATCH", "/api/v1/links/nothing", { title: "x" }, "links:write"],
    ["DELETE", "/api/v1/links/nothing", undefined, "links:write"],
    ["POST", "/api/v1/links/batch", "", "links:write"],
    ["GET", "/generateUrl?url=https://example.com/", undefined, "links:write"],
    ["POST", "/shorten_url", { url }, "links:write"],
    ["GET", "/api/v1/keys", undefined, "admin"],
    ["POST", "/api/v1/keys", { scopes: ["links:read"] }, "admin"],
    ["DELETE", "/api/v1/keys/nothing", undefined, "admin"],
  ];
  for (const [method, path, body, scope] of paths)
    test(`${method} ${path.split("?")[0]} needs ${scope}`, async () => {
      const headers = { "content-type": path.endsWith("batch") ? "application/x-ndjson" : "application/json" };
      for (const authorization of ["", "Bearer wrong", "Basic YTpi"]) {
        const refused = await ask(method, path, body, { ...headers, authorization });
        expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="curt"']);
      }
      for (const other of ["links:read", "links:write", "stats:read"] as const) {
        const { key } = await parts.keys.create({ name: null, scopes: [other], expiresAt: null });
        const answer = await ask(method, path, body, { ...headers, authorization: `Bearer ${key}` });
        if (other === scope) expect([401, 403]).not.toContain(answer.status);
        else expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
      }
    });

  test("are made, listed and deleted; a deleted one is refused at once", async () => {
    const made = await ask("POST", "/api/v1/keys", {
      name: "ci",
      scopes: ["links:read"],
      expiresAt: "2999-01-01T00:00:00Z",
    });
    expect([made.status, made.body.scopes, made.body.expiresAt]).toEqual([
      201,
      ["links:read"],
      "2999-01-01T00:00:00.000Z",
    ]);
    const headers = { authorization: `Bearer ${made.body.key}` };
    expect((await ask("GET", "/api/v1/links", undefined, headers)).status).toBe(200);
    const { text } = await ask("GET", "/api/v1/keys");
    expect(text).toContain(made.body.id);
    expect(text).not.toContain(made.body.key);
    expect((await ask("DELETE", `/api/v1/keys/${made.body.id}`)).status).toBe(204);
    expect((await ask("GET", "/api/v1/links", undefined, headers)).status).toBe(401);
    for (const body of [
      {},
      { scopes: [] },
      { scopes: ["root"] },
      { scopes: ["admin"], expiresAt: "2001-01-01T00:00:00Z" },
    ])
      expect((await ask("POST", "/api/v1/keys", body)).body.code).toBe("invalid_input");
  });
});

describe("the older interfaces", () => {
  test("POST /shorten_url gives one link to one address, however it is said", async () => {
    const target = "https://example.com/same?x=1";
    const form = new URLSearchParams({ url: target }).toString();
    const first = await ask("POST", "/shorten_url", { url: target });
    expect(first.status).toBe(201);
    expect(first.body.shortened_url).toMatch(/^https:\/\/curt\.example\/[a-z2-7]{12}$/);
    const multipart =
      '--x\r\nContent-Disposition: form-data; name="url"\r\n\r\nhttps://example.com/same?x=1\r\n--x--\r\n';
    for (const [path, body, type] of [
      ["/shorten_url", form, "application/x-www-form-urlencoded"],
      ["/shorten_url", multipart, "multipart/form-data; boundary=x"],
      [`/shorten_url?${form}`, "", ""],
    ] as const) {
      const again = await ask("POST", path, body, { "content-type": type });
      expect([again.status, again.body]).toEqual([200, first.body]);
    }
  });

  test("a disabled link stays disabled, a deleted one deleted", async () => {
    const target = "https://example.com/off";
    const made = await ask("POST", "/shorten_url", { url: target });
    const slug = made.body.shortened_url.split("/").pop();
    await ask("PATCH", `/api/v1/links/${slug}`, { disabled: true });
    expect(await ask("POST", "/shorten_url", { url: target })).toMatchObject({ status: 200, body: made.body });
    expect((await ask("GET", `/${slug}`)).status).toBe(410);
    await ask("DELETE", `/api/v1/links/${slug}`);
    expect(await ask("POST", "/shorten_url", { url: target })).toMatchObject({
      status: 410,
      body: { code: "link_deleted" },
    });
    expect((await ask("GET", `/${slug}`)).status).toBe(404);
  });

  test("bad addresses and bodies", async () => {
    const rows: [body: string, type: string, code: string][] = [
      ['{"url":"nope"}', "application/json", "invalid_input"],
      ['{"url":7}', "application/json", "invalid_input"],
      ["null", "application/json", "invalid_input"],
      ["{", "application/json", "invalid_input"],
      ["", "", "invalid_input"],
      ["<url/>", "text/xml", "unsupported_media_type"],
      ["broken", "multipart/form-data; boundary=x", "invalid_input"],
      ["u".repeat(1_100_000), "application/json", "body_too_large"],
    ];
    for (const [body, type, code] of rows)
      expect((await ask("POST", "/shorten_url", body, { "content-type": type })).body.code).toBe(code as never);
  });

  test("GET /generateUrl answers in text, and only GET makes a link", async () => {
    const made = await ask("GET", `/generateUrl?url=${encodeURIComponent("https://example.com/?a=1&b=2")}`);
    expect([made.status, made.text]).toEqual([200, expect.stringMatching(/^https:\/\/curt\.example\/\w{7}$/)]);
    expect((await ask("GET", made.text.replace("https://curt.example", ""))).headers.get("location")).toBe(
      "https://example.com/?a=1&b=2",
    );
    for (const path of ["/generateUrl", "/generateUrl?url=", "/generateUrl?url=javascript:x"]) {
      const bad = await ask("GET", path);
      expect([bad.status, bad.headers.get("content-type")]).toEqual([400, "text/plain; charset=UTF-8"]);
    }
    const before = parts.store.linkMap.size;
    const head = await ask("HEAD", `/generateUrl?url=${url}`);
    expect([head.status, head.headers.get("allow"), parts.store.linkMap.size]).toEqual([405, "GET", before]);
  });
});

describe("creating without a key, where it is allowed", () => {
  const from = (address: string) => ({ authorization: "", "x-forwarded-for": address });
  test("is limited for each address, and only creating is allowed", async () => {
    for (let i = 0; i < 10; i++)
      expect((await open.ask("POST", "/api/v1/links", { url }, from("192.0.2.1"))).status).toBe(201);
    const eleventh = await open.ask("POST", "/api/v1/links", { url }, from("192.0.2.1"));
    expect([eleventh.status, eleventh.body.code, eleventh.headers.get("retry-after")]).toEqual([
      429,
      "rate_limited",
      "6",
    ]);
    expect((await open.ask("POST", "/shorten_url", { url }, from("192.0.2.1"))).status).toBe(429);
    expect((await open.ask("POST", "/shorten_url", { url }, from("192.0.2.2"))).status).toBe(201);
    expect((await open.ask("GET", "/generateUrl?url=https://example.com/", undefined, from("192.0.2.2"))).status).toBe(
      200,
    );
    expect((await open.ask("GET", "/api/v1/links", undefined, from("192.0.2.3"))).status).toBe(401);
    expect((await open.ask("POST", "/api/v1/links/batch", "", from("192.0.2.3"))).status).toBe(401);
    expect((await open.ask("POST", "/api/v1/links", { url }, { authorization: "Bearer wrong" })).status).toBe(401);
  });

  test("whose address it is, is not what anybody says", () => {
    const trusted = new Set(["10.0.0.1", "10.0.0.2"]);
    expect(clientOf("203.0.113.9", "192.0.2.1", trusted)).toBe("203.0.113.9");
    expect(clientOf("10.0.0.1", "192.0.2.1", trusted)).toBe("192.0.2.1");
    expect(clientOf("::ffff:10.0.0.1", "192.0.2.7, 192.0.2.1, 10.0.0.2", trusted)).toBe("192.0.2.1");
    expect(clientOf("10.0.0.1", "nonsense", trusted)).toBe("10.0.0.1");
    expect(clientOf("10.0.0.1", null, trusted)).toBe("10.0.0.1");
  });

  test("the limit: ten at once, then one in six seconds; a /64 is one address", () => {
    const limit = new RateLimit(10, 60_000);
    const taken = (address: string, now: number) => limit.take(address, now);
    for (let i = 0; i < 10; i++) expect(taken(`2001:db8::${i}`, 0)).toBe(0);
    expect(taken("2001:db8:0:0:ffff::1", 0)).toBe(6000);
    expect(taken("2001:db8:0:1::1", 0)).toBe(0);
    expect(taken("2001:db8::1", 5999)).toBe(1);
    expect(taken("2001:db8::1", 6000)).toBe(0);
    expect(taken("2001:db8::1", 6000)).toBe(6000);
  });
});

describe("GET /api/v1/openapi.json", () => {
  test("has every path with its methods, and every error code", async () => {
    const { body, text } = await ask("GET", "/api/v1/openapi.json", undefined, { authorization: "" });
    const paths = Object.fromEntries(
      Object.entries(body.paths as Record<string, object>).map(([path, methods]) => [
        path,
        Object.keys(methods).sort(),
      ]),
    );
    expect(paths).toEqual({
      "/api/v1/links": ["get", "post"],
      "/api/v1/links/batch": ["post"],
      "/api/v1/links/{slug}": ["delete", "get", "patch"],
      "/api/v1/links/{slug}/clicks": ["get"],
      "/api/v1/links/{slug}/clicks/live": ["get"],
      "/api/v1/links/{slug}/events": ["get"],
      "/api/v1/clicks": ["get"],
      "/api/v1/clicks/live": ["get"],
      "/api/v1/links/{slug}/history": ["get"],
      "/api/v1/links/{slug}/history/{version}": ["post"],
      "/api/v1/keys": ["get", "post"],
      "/api/v1/keys/{id}": ["delete"],
      "/api/v1/freeze": ["delete", "put"],
      "/api/v1/links/{slug}/qr": ["post"],
      "/api/v1/export": ["get", "post"],
      "/api/v1/counts": ["get"],
      "/api/v1/settings": ["get"],
      "/api/v1/slugs/{slug}": ["get"],
      "/api/v1/links/changes": ["post"],
      "/api/v1/session": ["delete", "get", "post"],
      "/api/v1/session/password": ["put"],
      "/api/v1/sessions": ["get"],
      "/api/v1/sessions/{id}": ["delete"],
      "/api/v1/setup": ["get", "post"],
      "/api/v1/setup/links": ["post"],
      "/api/v1/users": ["get"],
      "/api/v1/users/{name}": ["delete", "put"],
      "/api/v1/openapi.json": ["get"],
      "/api/v1/docs": ["get"],
      "/generateUrl": ["get"],
      "/shorten_url": ["post"],
      "/redirect": ["get"],
      "/{slug}": ["get"],
      "/{slug}+": ["get"],
      "/{slug}+qr": ["get"],
      "/healthz": ["get"],
      "/readyz": ["get"],
    });
    expect(body.components.schemas.Problem.properties.code.enum.sort()).toEqual(Object.keys(errorTable).sort());
    expect(body.components.schemas.NewLink.additionalProperties).toBe(false);
    expect(Object.keys(body.components.schemas.NewLink.properties).sort()).toEqual(
      "disabled forwardQuery maxClicks note redirectStatus reuse slug tags title url validFrom validUntil".split(" "),
    );
    for (const [, target] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(body.components.schemas).toHaveProperty(target ?? "");
  });

  test("is also a page for people, which runs and loads nothing", async () => {
    const page = await ask("GET", "/api/v1/docs", undefined, { authorization: "" });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const { body } = await ask("GET", "/api/v1/openapi.json");
    for (const path of Object.keys(body.paths)) expect(page.text).toContain(`${path}</code>`);
    for (const name of Object.keys(body.components.schemas)) expect(page.text).toContain(`id="${name}"`);
    expect(page.text).not.toMatch(/<script|style="| src=|undefined|\[object/);
    const style = /<style>([\s\S]*)<\/style>/.exec(page.text)?.[1] ?? "";
    const hash = new Bun.CryptoHasher("sha256").update(style).digest("base64");
    expect(page.headers.get("content-security-policy")).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
  });

  test("says all that the API answers", async () => {
    const { body } = await ask("GET", "/api/v1/openapi.json");
    const declared = Object.keys(body.paths["/api/v1/links"].post.responses).map(Number);
    expect(declared.sort()).toEqual([200, 201, 400, 401, 403, 409, 410, 413, 414, 415, 422, 429, 431, 500, 503]);
  });
});

test("a store that cannot be asked is 503 on every path that needs it, and nothing secret is logged", async () => {
  const failing = startParts({ store: new MemoryStore() });
  const { key } = await failing.keys.create({ name: null, scopes: ["admin"], expiresAt: null });
  failing.store.failure = new TypeError("boom");
  expect((await failing.ask("POST", "/api/v1/links", { url, slug: "x" })).body.code).toBe("internal");
  await failing.store.close();
  const answer = await failing.ask("POST", "/api/v1/links", { url });
  expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([503, "store_unavailable", "8"]);
  const keyed = await failing.ask("GET", "/api/v1/links", undefined, { authorization: `Bearer ${key}` });
  expect(keyed.status).toBe(503);
  expect(failing.logged.length).toBe(3);
  expect(failing.logged.join()).not.toContain(key.slice(-20));
  await failing.server.drain();
});
