/** What a link was before: who changed it, when, from what to what; and going back. */
import { afterAll, expect, test } from "bun:test";
import { keptVersions } from "../../src/core/history.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const parts = startParts();
afterAll(() => parts.server.drain());
const { ask } = parts;
const url = "https://example.com/";

test("every change has its entry, newest first, and an old version can be made the next one", async () => {
  const { key, id } = await parts.keys.create({ name: "deploy", scopes: ["links:write"], expiresAt: null });
  await ask("POST", "/api/v1/links", { url, slug: "a/b", tags: ["x"] });
  const path = "/api/v1/links/a%2Fb";
  await ask("PATCH", path, { title: "T", url: "https://example.com/2" }, { authorization: `Bearer ${key}` });
  await ask("PATCH", path, { tags: [], disabled: true });
  const { body } = await ask("GET", `${path}/history`);
  expect(body.entries.map((entry: object) => ({ ...entry, at: undefined }))).toMatchObject([
    {
      version: 3,
      action: "changed",
      by: { kind: "key", id: "admin" },
      before: { tags: ["x"], disabled: false },
      after: { tags: [], disabled: true },
    },
    {
      version: 2,
      action: "changed",
      by: { kind: "key", id, name: "deploy" },
      before: { title: null, url },
      after: { title: "T" },
    },
    { version: 1, action: "created", by: { kind: "key", id: "admin" }, before: null, after: { url, tags: ["x"] } },
  ]);
  expect(Object.keys(body.entries[0].before).sort()).toEqual(["disabled", "tags"]);
  expect(Date.parse(body.entries[0].at)).toBeGreaterThan(Date.now() - 60_000);

  const stale = await ask("POST", `${path}/history/1`, undefined, { "if-match": '"2"' });
  expect(stale).toMatchObject({ status: 412, body: { code: "version_mismatch" } });
  const back = await ask("POST", `${path}/history/1`);
  expect(back).toMatchObject({ status: 200, body: { version: 4, url, title: null, tags: ["x"], disabled: false } });
  expect((await fetch(`${parts.url}/a/b`, { redirect: "manual" })).headers.get("location")).toBe(url);
  for (const version of ["5", "999999", "0", "x"]) {
    const { status } = await ask("POST", `${path}/history/${version}`);
    expect([version, status]).toEqual([version, /^[1-9]/.test(version) ? 404 : 400]);
  }
});

test("goes on through deletion and another link of the slug; a deleted link has none", async () => {
  await ask("POST", "/api/v1/links", { url, slug: "again" });
  await ask("DELETE", "/api/v1/links/again");
  expect((await ask("GET", "/api/v1/links/again/history")).status).toBe(404);
  await ask("POST", "/api/v1/links", { url: "https://example.com/new", slug: "again" });
  const { entries } = (await ask("GET", "/api/v1/links/again/history")).body;
  expect(entries.map((entry: { action: string }) => entry.action)).toEqual(["created", "deleted", "created"]);
  expect(entries[1]).toMatchObject({ before: { url }, after: null });
  expect(entries[0]).toMatchObject({ before: null, after: { url: "https://example.com/new" } });
  expect((await ask("POST", "/api/v1/links/again/history/2")).status).toBe(404);
});

test("is bounded", async () => {
  const { links, history, store } = parts;
  await links.create({ url, slug: "often" });
  for (let i = 0; i < keptVersions + 10; i++) await links.edit("often", { title: `${i}` });
  const found = await history.of(await links.get("often"));
  expect(found).toHaveLength(keptVersions + 1);
  expect(found[0]?.title).toBe(`${keptVersions + 9}`);
  await Bun.sleep(0);
  expect((await store.registry.list("history often")).length).toBeLessThanOrEqual(keptVersions + 1);
});

/** Edits with faults between the writes; gives the first acknowledged title that the history lacks. */
async function lost(forgetful: boolean): Promise<string | undefined> {
  const store = new MemoryStore();
  const own = startParts({ store, mutants: forgetful ? ["no-history"] : [] });
  await own.links.create({ url, slug: "a", title: "0" });
  const acknowledged = ["0"];
  let steps = 0;
  store.before = (operation) => {
    // Every other write fails, before or after the other one.
    if ((operation === "put" || operation === "replace") && ++steps % 3 === 0) throw new Error("cut");
  };
  for (let i = 1; i < 30; i++)
    if (
      await own.links.edit("a", { title: `${i}` }).then(
        () => true,
        () => false,
      )
    )
      acknowledged.push(`${i}`);
  store.before = () => {};
  const kept = new Set((await own.history.of(await own.links.get("a"))).map((one) => one.title));
  await own.server.drain();
  expect(acknowledged.length).toBeGreaterThan(5);
  return acknowledged.find((title) => !kept.has(title));
}

test("an edit that was answered has its entry, whatever failed between the two writes", async () => {
  expect(await lost(false)).toBeUndefined();
  expect(await lost(true)).toBeDefined();
});
