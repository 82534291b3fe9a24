/** What visitors get: redirects, and the pages where there is none. */
import { afterAll, describe, expect, test } from "bun:test";
import { StoreDamaged, StoreUnavailable } from "../../src/core/store.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const clock = { now: Date.UTC(2030, 0, 1) };
const store = new MemoryStore(() => clock.now);
const parts = startParts({ store, now: () => clock.now });
const { ask } = parts;
afterAll(() => parts.server.drain());

const make = async (body: Record<string, unknown>) => {
  const made = await ask("POST", "/api/v1/links", body);
  expect([made.status, made.text]).toEqual([201, made.text]);
  return made.body;
};
const see = async (path: string, accept = "", method = "GET") => {
  const answer = await ask(method, path, undefined, { accept, authorization: "", "content-type": "" });
  const { status, headers, text } = answer;
  return { status, location: headers.get("location"), cache: headers.get("cache-control"), text, headers };
};

describe("a redirect", () => {
  test("is the same on the first, the second and the hundredth visit, GET or HEAD", async () => {
    await make({ url: "https://example.com/a?b=%C3%BC#d", slug: "often" });
    for (let visit = 0; visit < 100; visit++)
      expect(await see("/often", "", visit % 3 === 0 ? "HEAD" : "GET")).toMatchObject({
        status: 302,
        location: "https://example.com/a?b=%C3%BC#d",
        cache: "no-cache",
        text: "",
      });
  });

  test("shows an edit at once", async () => {
    await make({ url: "https://example.com/1", slug: "edited" });
    for (let i = 2; i < 20; i++) {
      await see("/edited");
      await see("/edited");
      await ask("PATCH", "/api/v1/links/edited", { url: `https://example.com/${i}` });
      expect((await see("/edited")).location).toBe(`https://example.com/${i}`);
    }
  });

  test("is found by every spelling of its slug's bytes, and by no other", async () => {
    await make({ url: "https://example.com/u", slug: "über/straße" });
    for (const path of ["/%C3%BCber/stra%C3%9Fe", "/%c3%bcber%2Fstra%c3%9fe", "/u%CC%88ber/straße"])
      expect((await see(path)).location).toBe("https://example.com/u");
    for (const path of ["/%FCber/stra%DFe", "/über/straße/", "/über//straße", "/Über/straße", "/über"])
      expect([path, (await see(path)).status]).toEqual([path, 404]);
  });

  test("keeps names of objects apart from objects", async () => {
    for (const slug of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect((await see(`/${slug}`)).status).toBe(404);
      await make({ url: `https://example.com/${slug}`, slug });
      expect((await see(`/${slug}`)).location).toBe(`https://example.com/${slug}`);
      expect((await ask("GET", `/api/v1/links/${slug}`)).body.slug).toBe(slug);
      expect((await ask("DELETE", `/api/v1/links/${slug}`)).status).toBe(204);
      expect((await see(`/${slug}`)).status).toBe(404);
    }
  });

  test("with a window is kept by nobody, and follows the clock", async () => {
    const at = (seconds: number) => new Date(clock.now + seconds * 1000).toISOString();
    await make({ url: "https://example.com/w", slug: "window", validFrom: at(10), validUntil: at(20) });
    expect((await see("/window")).status).toBe(404);
    clock.now += 10_000;
    for (let visit = 0; visit < 3; visit++)
      expect(await see("/window")).toMatchObject({ status: 302, cache: "no-store" });
    clock.now += 10_000;
    expect((await see("/window")).status).toBe(410);
  });

  test("forwards a query as it came, and cannot be made to break its header", async () => {
    await make({ url: "https://example.com/?a=1#f", slug: "query", forwardQuery: true });
    expect((await see("/query?b=%0d%0aSet-Cookie:%20x=1&c=%00")).location).toBe(
      "https://example.com/?a=1&b=%0d%0aSet-Cookie:%20x=1&c=%00#f",
    );
    expect((await see("/query?a=2")).location).toBe("https://example.com/?a=2#f");
    expect((await see("/redirect?x=1&key=query&a=3")).location).toBe("https://example.com/?x=1&a=3#f");
  });

  test("is for GET and HEAD only", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const answer = await see("/often", "", method);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
  });
});

describe("/redirect?key=", () => {
  test("answers as the slug does", async () => {
    expect((await see("/redirect?key=often")).location).toBe("https://example.com/a?b=%C3%BC#d");
    expect((await see("/redirect?key=%C3%BCber%2Fstra%C3%9Fe")).location).toBe("https://example.com/u");
    expect((await see("/redirect?key=nothing")).status).toBe(404);
    expect((await see("/redirect?key=window")).status).toBe(410);
    for (const path of ["/redirect", "/redirect?key=", "/redirect?key=%20", "/redirect?other=1"])
      expect((await see(path)).status).toBe(400);
    expect((await see("/redirect?key=often", "", "POST")).status).toBe(405);
  });
});

describe("where there is no redirect", () => {
  const kinds: Record<string, [path: string, status: number, code: string, word: string]> = {
    unknown: ["/q3-reprot", 404, "not_found", "Nope"],
    gone: ["/window", 410, "link_gone", "Over"],
  };
  for (const [name, [path, status, code, word]] of Object.entries(kinds))
    test(`${name}: a page, a problem or a line, whichever was asked for`, async () => {
      const page = await see(path, "text/html,application/xhtml+xml,*/*;q=0.8");
      expect([page.status, page.cache]).toEqual([status, "no-store"]);
      expect(page.text).toContain(`<mark>${word}</mark>`);
      expect(page.text).toContain(`<b class="typed">${path}</b>`);
      const problem = await see(path, "application/json");
      expect(problem.headers.get("content-type")).toBe("application/problem+json");
      expect([problem.status, JSON.parse(problem.text).code]).toEqual([status, code]);
      const line = await see(path, "*/*");
      expect([line.status, line.headers.get("content-type")]).toEqual([status, "text/plain; charset=utf-8"]);
      expect(line.text).toStartWith(`${word}. `);
    });

  test("a page is small, runs nothing, loads nothing but our fonts, and is in no index", async () => {
    for (const path of ["/", "/q3-reprot", "/window"]) {
      const { text, headers } = await see(path, "text/html");
      expect(text.length).toBeLessThan(8192);
      expect(text).not.toMatch(/<script|style="| src=|@import|url\((?!\/\.well-known\/curt\/)| on\w+=/);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "";
      expect(policy).toContain(`'sha256-${new Bun.CryptoHasher("sha256").update(style).digest("base64")}'`);
      expect([headers.get("x-robots-tag"), headers.get("x-content-type-options")]).toEqual(["noindex", "nosniff"]);
    }
    expect((await see("/", "text/html")).text).toContain("Long in, <mark>short</mark> out");
  });

  test("what a visitor sent is shown as text", async () => {
    const { text } = await see("/%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%26", "text/html");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;");
    expect(text).not.toContain("<script");
  });

  test("a store that cannot be asked is 503 and never 404; what memory knows goes on", async () => {
    for (const failure of [new StoreUnavailable("down"), new StoreDamaged("flipped"), new TypeError("surprise")]) {
      await see("/often");
      store.failure = failure;
      const slug = `asked-${failure.name}`;
      for (const accept of ["text/html", "application/json", "*/*"]) {
        const answer = await see(`/${slug}`, accept);
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "8"]);
      }
      expect((await see("/often")).status).toBe(302);
      expect((await ask("GET", `/api/v1/links/${slug}`)).status).toBe(failure instanceof TypeError ? 500 : 503);
      store.failure = undefined;
      expect((await see(`/${slug}`)).status).toBe(404);
    }
    expect(parts.logged.join()).not.toContain("asked-");
  });
});

test("health, icon and robots", async () => {
  expect((await see("/healthz")).status).toBe(200);
  expect((await see("/readyz")).status).toBe(200);
  expect((await see("/favicon.ico")).headers.get("content-type")).toBe("image/svg+xml");
  expect((await see("/robots.txt")).text).toContain("User-agent");
  expect((await see("/metrics")).status).toBe(401);
  expect((await see("/dashboard")).status).toBe(200);
  for (const path of ["/rest/v3", "/.well-known/x", "/healthz/x", "/api"]) expect((await see(path)).status).toBe(404);
});
