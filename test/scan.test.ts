/** Unknown slugs asked for without end: what they cost, and that nothing made meanwhile is taken for unknown. */
import { describe, expect, test } from "bun:test";
import { ask } from "./client.ts";
import { until } from "./process-list.ts";
import { type Server, startServer } from "./server.ts";

const slugOf = (i: number) => `s${i.toString(36)}x${((i * 7919) % 46_656).toString(36)}`;

async function statusOf(server: Server, slug: string): Promise<number> {
  const answer = await fetch(`${server.url}/${slug}`, { redirect: "manual", keepalive: false });
  await answer.arrayBuffer();
  return answer.status;
}

/** Lookups since the start, by who knew the answer. */
async function lookups(server: Server): Promise<Record<string, number>> {
  const text = await (
    await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${server.key}` }, keepalive: false })
  ).text();
  const found = text.matchAll(/^curt_lookups_total\{layer="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, layer, count]) => [layer, Number(count)]));
}

/** Waits until the filter is in use. */
async function filtered(server: Server): Promise<void> {
  await until(async () => {
    await statusOf(server, "nobody");
    return ((await lookups(server)).filter ?? 0) > 0;
  }, 20_000);
}

/** Makes links, each followed at once on other connections, which come to any worker; gives the wrong answers. */
async function madeAndFollowed(server: Server, count: number): Promise<number> {
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    const slug = `made-${i}`;
    // Asked for before it is there, so that every worker has said that it is unknown.
    await Promise.all([1, 2, 3].map(() => statusOf(server, slug)));
    const made = await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug });
    expect(made.status).toBe(201);
    for (const status of await Promise.all([1, 2, 3].map(() => statusOf(server, slug)))) if (status !== 302) wrong++;
  }
  return wrong;
}

describe("the filter of the embedded store", () => {
  test("keeps unknown slugs from the store, and what is made is followed at once", async () => {
    const server = await startServer({ args: ["--workers", "3"] });
    try {
      expect((await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "before" })).status).toBe(
        201,
      );
      await filtered(server);
      const before = await lookups(server);
      const asked = 1_000;
      for (let i = 0; i < asked; i += 20)
        await Promise.all(
          Array.from({ length: 20 }, async (_, j) => expect(await statusOf(server, slugOf(i + j))).toBe(404)),
        );
      const after = await lookups(server);
      expect((after.filter ?? 0) - (before.filter ?? 0)).toBeGreaterThanOrEqual(asked * 0.99);
      expect((after.store ?? 0) - (before.store ?? 0)).toBeLessThanOrEqual(asked * 0.01);
      expect(await madeAndFollowed(server, 25)).toBe(0);
      expect(await statusOf(server, "before")).toBe(302);
      // Everything again after an end that nobody prepared.
      await server.restart();
      await filtered(server);
      for (const slug of ["before", "made-0", "made-24"]) expect(await statusOf(server, slug)).toBe(302);
      await ask(server, "DELETE", "/api/v1/links/made-1");
      expect(await statusOf(server, "made-1")).toBe(404);
      expect((await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "made-1" })).status).toBe(
        201,
      );
      expect(await statusOf(server, "made-1")).toBe(302);
    } finally {
      await server.stop();
    }
  }, 60_000);

  test("mutant: where new slugs are not marked, new links are taken for unknown", async () => {
    const server = await startServer({ args: ["--workers", "2"], env: { CURT_MUTANT: "deaf-filter" } });
    try {
      await filtered(server);
      expect(await madeAndFollowed(server, 3)).toBeGreaterThan(0);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
