/** What the dashboard shows around links: counts, slugs that are free, and the same change to many links. */
import { afterAll, describe, expect, test } from "bun:test";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const parts = startParts();
afterAll(() => parts.server.drain());
const { ask } = parts;
const url = "https://example.com/";
const make = (slug: string, more = {}) => parts.links.create({ url, slug, ...more });

describe("GET /api/v1/counts", () => {
  test("counts by state, leaves out what was deleted, and says when", async () => {
    let now = Date.now();
    const own = startParts({ now: () => now });
    expect((await own.ask("GET", "/api/v1/counts")).body).toMatchObject({ total: 0, states: { active: 0 } });
    for (const [i, more] of [{}, {}, { disabled: true }, { validFrom: now + 1e6 }, { validUntil: now - 1e6 }].entries())
      await own.links.create({ url, slug: `l${i}`, ...more });
    await own.links.remove("l1");
    now += 2000;
    const { body } = await own.ask("GET", "/api/v1/counts");
    expect(body).toEqual({
      total: 4,
      states: { active: 1, scheduled: 1, expired: 1, exhausted: 0, disabled: 1 },
      top: [],
      at: new Date(now).toISOString(),
    });
    await own.server.drain();
  });

  test("names the most used, and counts links where clicks can't be read", async () => {
    const store = new MemoryStore();
    let now = Date.now();
    const own = startParts({ store, now: () => now });
    for (const slug of ["a", "b", "c"]) await own.links.create({ url, slug });
    const tokens = new Map(
      (await Promise.all(["a", "b", "c"].map((slug) => own.links.get(slug)))).map((link) => [
        link.token.slice(0, 16),
        link.slug,
      ]),
    );
    const { clicks } = store as { clicks: { clicksOf: (ids: readonly string[]) => Promise<number[]> } };
    clicks.clicksOf = async (ids) => ids.map((id) => ({ a: 3, b: 0, c: 7 })[tokens.get(id) ?? ""] ?? 0);
    const top = async () => (await own.ask("GET", "/api/v1/counts")).body;
    expect((await top()).top).toEqual([
      { slug: "c", clicks: 7 },
      { slug: "a", clicks: 3 },
    ]);
    clicks.clicksOf = () => Promise.reject(new Error("torn"));
    now += 100_000;
    expect(await top()).toMatchObject({ total: 3, top: null });
    await own.server.drain();
  });

  test("one process counts at a time, and a count under way is not waited for", async () => {
    const store = new MemoryStore();
    let scans = 0;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    store.contents.scanLinks = async () => {
      scans++;
      await gate;
      return { items: [], next: null };
    };
    const [one, other] = [startParts({ store }), startParts({ store })];
    const answers = await Promise.all([one, one, other].map((server) => server.ask("GET", "/api/v1/counts")));
    expect(answers.map((answer) => answer.body.total)).toEqual([null, null, null]);
    expect(scans).toBe(1);
    go();
    await Bun.sleep(10);
    expect((await other.ask("GET", "/api/v1/counts")).body.total).toBe(0);
    await Promise.all([one.server.drain(), other.server.drain()]);
  });
});

test("GET /api/v1/slugs says what is free, why not, and what is near", async () => {
  await make("launch");
  await make("launch-2");
  await make("gone");
  await parts.links.remove("gone");
  const rows: [slug: string, body: object][] = [
    ["launch", { available: false, reason: "taken", message: "Taken. /launch-3 is free.", suggestion: "launch-3" }],
    ["gone", { available: true, reason: null, message: "Free." }],
    ["api/x", { available: false, reason: "reserved", message: "Reserved." }],
    ["a b", { available: false, reason: "invalid" }],
    ["x".repeat(129), { available: false, reason: "invalid" }],
  ];
  for (const [slug, body] of rows)
    expect((await ask("GET", `/api/v1/slugs/${encodeURIComponent(slug)}`)).body).toMatchObject({ slug, ...body });
});

describe("POST /api/v1/links/changes", () => {
  const change = (body: unknown) => ask("POST", "/api/v1/links/changes", body);

  test("changes each by itself, and names what did not work", async () => {
    await make("a", { tags: ["x", "y"] });
    await make("b/c", { tags: ["z"] });
    const slugs = ["a", "nobody", "b/c", "a", "not a slug"];
    const { status, body } = await change({ slugs, addTags: ["new"], removeTags: ["x"], set: { disabled: true } });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { slug: "a", status: 200, link: { tags: ["y", "new"], state: "disabled", version: 2 } },
      { slug: "nobody", status: 404, error: { code: "not_found" } },
      { slug: "b/c", status: 200, link: { tags: ["z", "new"], disabled: true } },
      { slug: "not a slug", status: 404 },
    ]);
    const { entries } = (await ask("GET", "/api/v1/links/a/history")).body;
    expect(entries[0]).toMatchObject({ action: "changed", by: { kind: "key" }, after: { tags: ["y", "new"] } });
    const removed = await change({ slugs: ["a", "nobody"], remove: true });
    expect(removed.body.results.map((one: { status: number }) => one.status)).toEqual([204, 404]);
    expect((await ask("GET", "/api/v1/links/a")).status).toBe(404);
  });

  test("loses no tag when many add to one link at once", async () => {
    await make("busy");
    await Promise.all(Array.from({ length: 10 }, (_, i) => change({ slugs: ["busy"], addTags: [`t${i}`] })));
    expect((await parts.links.get("busy")).tags).toHaveLength(10);
  });

  test("refuses what says nothing, or too much", async () => {
    const path = async (body: unknown) => (await change(body)).body.errors?.[0]?.path;
    expect(await path({ slugs: [] })).toBe("slugs");
    expect(await path({ slugs: Array.from({ length: 501 }, (_, i) => `${i}`) })).toBe("slugs");
    expect(await path({ slugs: ["a"] })).toBe("");
    expect(await path({ slugs: ["a"], remove: true, addTags: ["x"] })).toBe("");
    expect(await path({ slugs: ["a"], set: { slug: "b" } })).toBe("set.slug");
    const full = Array.from({ length: 50 }, (_, i) => `t${i}`);
    await make("full", { tags: full });
    const { body } = await change({ slugs: ["full"], addTags: ["one more"] });
    expect(body.results[0]).toMatchObject({ status: 400, error: { errors: [{ path: "addTags" }] } });
  });
});
