/** Unknown slugs on a store that has no filter: each address may ask for so many. */
import { afterAll, expect, test } from "bun:test";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

let clock = 1_750_000_000_000;
const store = new MemoryStore();
const { ask, server } = startParts({ store, unknownLimit: 6, trustedProxies: ["127.0.0.1"], now: () => clock });
afterAll(() => server.drain());

const follow = (slug: string, client: string, accept = "*/*") =>
  ask("GET", `/${slug}`, undefined, { authorization: "", "content-type": "", "x-forwarded-for": client, accept });

test("who asked for too many unknown slugs gets 429 for what is not in memory, and nobody else does", async () => {
  for (const slug of ["hot", "cold"])
    expect((await ask("POST", "/api/v1/links", { slug, url: "https://example.com/" })).status).toBe(201);
  expect((await follow("hot", "192.0.2.1")).status).toBe(302);
  for (let i = 0; i < 6; i++) expect((await follow(`none-${i}`, "192.0.2.1")).status).toBe(404);
  const refused = await follow("none-7", "192.0.2.1");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
  expect(refused.text).toContain("too many links that don't exist");
  expect((await follow("cold", "192.0.2.1", "application/json")).body).toMatchObject({ code: "rate_limited" });
  expect((await follow("none-8", "192.0.2.1", "text/html")).text).toContain("429, too many requests");
  expect((await follow("none-0+", "192.0.2.1")).status).toBe(429);
  // What memory knows, and other addresses.
  expect((await follow("hot", "192.0.2.1")).status).toBe(302);
  expect((await follow("none-9", "192.0.2.2")).status).toBe(404);
  expect((await follow("cold", "192.0.2.2")).status).toBe(302);
  clock += 10_000;
  expect((await follow("none-10", "192.0.2.1")).status).toBe(404);
  expect((await follow("none-11", "192.0.2.1")).status).toBe(429);
});

test("without a limit nobody is refused", async () => {
  const { ask: asked, server: open } = startParts({ store: new MemoryStore(), unknownLimit: 0, now: () => clock });
  for (let i = 0; i < 30; i++) expect((await asked("GET", `/none-${i}`)).status).toBe(404);
  await open.drain();
});
