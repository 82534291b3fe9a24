/** Links with `maxClicks`: what visitors and programs are answered. Exactness among many is in test/limits.test.ts. */
import { afterAll, describe, expect, test } from "bun:test";
import { StoreUnavailable } from "../../src/core/store.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const store = new MemoryStore();
const { ask, server } = startParts({ store });
afterAll(() => server.drain());

let made = 0;
const make = async (maxClicks: number, more = {}) => {
  const slug = `limited-${++made}`;
  const answer = await ask("POST", "/api/v1/links", { url: "https://example.com/x", slug, maxClicks, ...more });
  expect([answer.status, answer.text]).toEqual([201, answer.text]);
  return slug;
};
const visit = (slug: string, method = "GET", headers: Record<string, string> = {}) =>
  ask(method, `/${slug}`, undefined, { authorization: "", "content-type": "", ...headers });
const shown = async (slug: string) => (await ask("GET", `/api/v1/links/${slug}`)).body;
const until = async (condition: () => Promise<boolean>) => {
  for (let i = 0; i < 500 && !(await condition()); i++) await Bun.sleep(10);
  expect(await condition()).toBe(true);
};

describe("a link with a limit", () => {
  test("leads there so many times, then is gone, and its state says so in itself and in lists", async () => {
    const slug = await make(3);
    for (let i = 0; i < 3; i++) {
      expect((await shown(slug)).usedClicks).toBe(i);
      const answer = await visit(slug);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([302, "no-store"]);
    }
    const listed = async (state: string) =>
      (await ask("GET", `/api/v1/links?state=${state}&search=${slug}`)).body.links.map(
        (one: { slug: string }) => one.slug,
      );
    await until(async () => (await listed("exhausted")).includes(slug));
    expect(await listed("active")).toEqual([]);
    expect((await visit(slug, "GET", { accept: "application/json" })).body).toMatchObject({
      status: 410,
      code: "link_gone",
    });
    expect(await shown(slug)).toMatchObject({ state: "exhausted", usedClicks: 3, maxClicks: 3, version: 2 });
  });

  test("is active again when the limit is raised or taken away, and over when it is lowered", async () => {
    const slug = await make(2);
    const edit = async (maxClicks: number | null) => (await ask("PATCH", `/api/v1/links/${slug}`, { maxClicks })).body;
    for (let i = 0; i < 3; i++) await visit(slug);
    await until(async () => (await shown(slug)).version === 2);
    expect(await edit(4)).toMatchObject({ state: "active", usedClicks: 2 });
    expect((await visit(slug)).status).toBe(302);
    expect(await edit(3)).toMatchObject({ state: "exhausted", usedClicks: 3 });
    expect((await visit(slug)).status).toBe(410);
    expect(await edit(null)).toMatchObject({ state: "active", maxClicks: null });
    for (let i = 0; i < 5; i++) expect((await visit(slug)).status).toBe(302);
    expect(await edit(4)).toMatchObject({ state: "active", usedClicks: 3 });
    expect((await visit(slug)).status).toBe(302);
    expect((await visit(slug)).status).toBe(410);
  });

  test("a slug used again begins at nothing", async () => {
    const slug = await make(1);
    expect([(await visit(slug)).status, (await visit(slug)).status]).toEqual([302, 410]);
    await ask("DELETE", `/api/v1/links/${slug}`);
    await ask("POST", "/api/v1/links", { url: "https://example.com/y", slug, maxClicks: 1 });
    expect([(await visit(slug)).status, (await visit(slug)).status]).toEqual([302, 410]);
  });

  test("what was used of it is kept for a day after its link is deleted", async () => {
    const now = Date.now();
    const own = startParts({ store: new MemoryStore(() => now), now: () => now });
    try {
      const ends = async () => (await own.store.registry.list("limit")).map(({ expiresAt }) => expiresAt);
      for (const slug of ["gone", "here"]) {
        await own.ask("POST", "/api/v1/links", { url: "https://example.com/", slug, maxClicks: 5 });
        await own.ask("GET", `/${slug}`);
      }
      expect(await ends()).toEqual([null, null]);
      await own.ask("DELETE", "/api/v1/links/gone");
      await until(async () => (await ends()).includes(now + 86_400_000));
      expect(await ends()).toContain(null);
    } finally {
      await own.server.drain();
    }
  });

  test("HEAD and programs that make previews use none of it", async () => {
    const slug = await make(1);
    for (const agent of [
      "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
      "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
      "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
      "WhatsApp/2.23.20.0",
      "TelegramBot (like TwitterBot)",
    ]) {
      const seen = await visit(slug, "GET", { "user-agent": agent });
      expect([agent, seen.status, seen.headers.get("location")]).toEqual([agent, 200, null]);
      expect(seen.text).toContain("example.com");
      expect((await visit(slug, "HEAD")).headers.get("location")).toBe("https://example.com/x");
    }
    expect((await shown(slug)).usedClicks).toBe(0);
    expect((await visit(slug)).status).toBe(302);
    expect((await visit(slug, "HEAD")).status).toBe(410);
  });

  test("a window, a forwarded query and its own status go on beside the limit", async () => {
    const slug = await make(2, { forwardQuery: true, redirectStatus: 307, validUntil: "2999-01-01T00:00:00Z" });
    expect((await visit(`${slug}?a=1`)).headers.get("location")).toBe("https://example.com/x?a=1");
    const byKey = await ask("GET", `/redirect?key=${slug}&b=2`, undefined, { authorization: "" });
    expect([byKey.status, byKey.headers.get("location")]).toEqual([307, "https://example.com/x?b=2"]);
    expect((await visit(slug)).status).toBe(410);
    const early = await make(1, { validFrom: "2999-01-01T00:00:00Z" });
    expect((await visit(early)).status).toBe(404);
    expect((await shown(early)).usedClicks).toBe(0);
  });

  test("while the store cannot be asked it is 503, though the link is in memory; others go on", async () => {
    const slug = await make(2);
    const free = await ask("POST", "/api/v1/links", { url: "https://example.com/free" });
    expect([(await visit(slug)).status, (await visit(free.body.slug)).status]).toEqual([302, 302]);
    store.failure = new StoreUnavailable("Down.");
    const down = await visit(slug);
    expect([down.status, down.headers.get("retry-after")]).toEqual([503, "8"]);
    expect((await visit(free.body.slug)).status).toBe(302);
    store.failure = undefined;
    expect([(await visit(slug)).status, (await visit(slug)).status]).toEqual([302, 410]);
  });

  test("a link without a limit asks the store for nothing", async () => {
    const { body } = await ask("POST", "/api/v1/links", { url: "https://example.com/hot" });
    await visit(body.slug);
    let asked = 0;
    store.before = () => void asked++;
    for (let i = 0; i < 20; i++) await visit(body.slug);
    store.before = () => {};
    expect(asked).toBe(0);
  });
});
