/** The whole main job through the public interface: made, followed, edited, listed, deleted, restarted, killed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, follow, type LinkBody } from "./client.ts";
import { type Server, startServer } from "./server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--workers", "2"] });
});
afterAll(() => server.stop());

const create = (body: unknown, headers = {}) => ask(server, "POST", "/api/v1/links", body, headers);

describe("a link", () => {
  test("is made and followed", async () => {
    const made = await create({ url: "https://example.com/a?b=c#d", title: "Hello", tags: ["one", "two"] });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      url: "https://example.com/a?b=c#d",
      state: "active",
      version: 1,
      tags: ["one", "two"],
    });
    expect(made.body.slug).toMatch(/^[2-9a-hjkmnp-zA-HJ-NP-Z]{7}$/);
    expect(made.body.shortUrl).toEndWith(`/${made.body.slug}`);
    const answer = await follow(server, made.body.slug);
    expect(answer).toMatchObject({ status: 302, location: "https://example.com/a?b=c#d" });
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    const head = await fetch(`${server.url}/${made.body.slug}`, { method: "HEAD", redirect: "manual" });
    expect([head.status, head.headers.get("location")]).toEqual([302, "https://example.com/a?b=c#d"]);
  });

  test("can have any slug that people write", async () => {
    for (const slug of ["Launch-2", "a/b/c", "über/straße", "नमस्ते", "__proto__", "constructor", "toString", "v1.2"]) {
      const url = `https://example.com/${encodeURIComponent(slug)}`;
      expect((await create({ url, slug })).status).toBe(201);
      expect(await follow(server, slug.split("/").map(encodeURIComponent).join("/"))).toMatchObject({
        status: 302,
        location: url,
      });
      expect((await ask(server, "GET", `/api/v1/links/${encodeURIComponent(slug)}`)).body.slug).toBe(slug);
    }
    expect((await follow(server, "hasOwnProperty")).status).toBe(404);
  });

  test("is one in whichever way its letters are composed", async () => {
    expect((await create({ url: "https://example.com/nfc", slug: "caf\u0065\u0301" })).body.slug).toBe("caf\u00e9");
    expect((await follow(server, encodeURIComponent("caf\u0065\u0301"))).location).toBe("https://example.com/nfc");
    expect((await create({ url: "https://example.com/nfc", slug: "caf\u00e9" })).status).toBe(409);
  });

  test("is edited, and every worker shows it after the answer", async () => {
    await create({ url: "https://example.com/1", slug: "edited" });
    for (let version = 2; version <= 20; version++) {
      const url = `https://example.com/${version}`;
      expect((await ask(server, "PATCH", "/api/v1/links/edited", { url })).body).toMatchObject({ url, version });
      const seen = await Promise.all(
        Array.from({ length: 8 }, () => follow(server, "edited", { connection: "close" })),
      );
      expect(new Set(seen.map((one) => one.location))).toEqual(new Set([url]));
    }
    const stale = await ask(server, "PATCH", "/api/v1/links/edited", { title: "x" }, { "if-match": '"3"' });
    expect(stale.status).toBe(412);
    expect((await ask(server, "PATCH", "/api/v1/links/edited", { title: "x" }, { "if-match": '"20"' })).status).toBe(
      200,
    );
  });

  test("is switched off, and on", async () => {
    await create({ url: "https://example.com/", slug: "switch" });
    await ask(server, "PATCH", "/api/v1/links/switch", { disabled: true });
    expect((await follow(server, "switch")).status).toBe(410);
    expect((await ask(server, "GET", "/api/v1/links/switch")).body.state).toBe("disabled");
    await ask(server, "PATCH", "/api/v1/links/switch", { disabled: false });
    expect((await follow(server, "switch")).status).toBe(302);
  });

  test("has a window: 404 before, 410 after, and nobody keeps it beyond", async () => {
    const now = Date.now();
    const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
    await create({ url: "https://example.com/", slug: "later", validFrom: at(3600) });
    await create({ url: "https://example.com/", slug: "over", validUntil: at(-3600) });
    await create({ url: "https://example.com/", slug: "soon", validUntil: at(1.5) });
    expect((await follow(server, "later")).status).toBe(404);
    expect((await follow(server, "over")).status).toBe(410);
    const open = await follow(server, "soon");
    expect([open.status, open.headers.get("cache-control")]).toEqual([302, "no-store"]);
    await Bun.sleep(Math.max(0, now + 1600 - Date.now()));
    expect((await follow(server, "soon")).status).toBe(410);
  });

  test("forwards the visitor's query, who wins where both name a parameter", async () => {
    await create({ url: "https://example.com/?a=1&b=2#f", slug: "forward", forwardQuery: true });
    expect((await follow(server, "forward?b=3&c=4")).location).toBe("https://example.com/?a=1&b=3&c=4#f");
    expect((await follow(server, "forward")).location).toBe("https://example.com/?a=1&b=2#f");
  });

  test("has its own status", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      await create({ url: "https://example.com/", slug: `status-${status}`, redirectStatus: status });
      expect((await follow(server, `status-${status}`)).status).toBe(status);
    }
  });

  test("is deleted; the slug is free again and its version goes on rising", async () => {
    await create({ url: "https://example.com/old", slug: "again" });
    expect((await follow(server, "again")).status).toBe(302);
    expect((await ask(server, "DELETE", "/api/v1/links/again")).status).toBe(204);
    expect((await follow(server, "again")).status).toBe(404);
    expect((await ask(server, "GET", "/api/v1/links/again")).status).toBe(404);
    expect((await ask(server, "DELETE", "/api/v1/links/again")).status).toBe(404);
    const made = await create({ url: "https://example.com/new", slug: "again" });
    expect([made.status, made.body.version]).toEqual([201, 3]);
    expect((await follow(server, "again")).location).toBe("https://example.com/new");
  });

  test("is found again by reuse, only when all that was asked for is the same", async () => {
    const url = "https://example.com/reuse";
    const first = await create({ url, reuse: true });
    expect(first.status).toBe(201);
    expect(await create({ url, reuse: true })).toMatchObject({ status: 200, body: { slug: first.body.slug } });
    expect((await create({ url, reuse: true, title: "other" })).status).toBe(201);
    expect((await create({ url })).status).toBe(201);
  });

  test("is made once for an idempotency key", async () => {
    const headers = { "idempotency-key": "order-1" };
    const all = await Promise.all(
      Array.from({ length: 10 }, () => create({ url: "https://example.com/once" }, headers)),
    );
    expect(new Set(all.map((one) => `${one.status} ${one.body.slug}`)).size).toBe(1);
    expect(all[0]?.status).toBe(201);
    expect((await create({ url: "https://example.com/other" }, headers)).status).toBe(422);
  });
});

describe("the list", () => {
  interface Page {
    links: LinkBody[];
    next: string | null;
  }
  const list = async (query: string) => {
    const found: LinkBody[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < 100; pages++) {
      const page: { body: Page } = await ask<Page>(
        server,
        "GET",
        `/api/v1/links?${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      found.push(...page.body.links);
      cursor = page.body.next;
    }
    return found.map((link) => link.slug);
  };
  beforeAll(async () => {
    for (let i = 0; i < 25; i++)
      await create({
        url: `https://list.example/${i}`,
        slug: `list-${i}`,
        tags: i % 5 === 0 ? ["fifth"] : [],
        disabled: i % 10 === 0,
      });
  });
  const expected = (keep: (i: number) => boolean) =>
    Array.from({ length: 25 }, (_, i) => 24 - i)
      .filter(keep)
      .map((i) => `list-${i}`);

  test("is newest first, in pages, each once", async () => {
    expect(await list("search=list.example&limit=7")).toEqual(expected(() => true));
  });
  test("is searched by the beginnings of words", async () => {
    expect(await list("search=exam%20LIST")).toEqual(expected(() => true));
    expect(await list("search=list%2024")).toEqual(["list-24"]);
    expect(await list("search=nothing%20of%20this")).toEqual([]);
  });
  test("is filtered by tag and state", async () => {
    expect(await list("tag=fifth")).toEqual(expected((i) => i % 5 === 0));
    expect(await list("tag=fifth&state=disabled&limit=2")).toEqual(expected((i) => i % 10 === 0));
    expect(await list("search=list&state=active")).toEqual(expected((i) => i % 10 !== 0));
  });
});

describe("what was answered is there", () => {
  const state = async () => ({
    kept: await follow(server, "kept"),
    again: await follow(server, "again"),
    switch: await follow(server, "switch"),
  });
  const seen = async () =>
    Object.entries(await state()).map(([slug, { status, location }]) => `${slug} ${status} ${location}`);
  test("after a restart, and after kill -9 of everything", async () => {
    await create({ url: "https://example.com/kept", slug: "kept" });
    const before = await seen();
    expect(await server.terminate()).toBe(0);
    server.launch();
    await server.ready();
    expect(await seen()).toEqual(before);
    await create({ url: "https://example.com/last", slug: "last" });
    await server.restart();
    expect(await seen()).toEqual(before);
    expect((await follow(server, "last")).location).toBe("https://example.com/last");
  });
});
