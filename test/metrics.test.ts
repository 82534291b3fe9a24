import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metrics } from "../src/processes/metrics/table.ts";
import { ask } from "./client.ts";
import { until, workersOf } from "./process-list.ts";
import { type Server, startServer } from "./server.ts";

/** Asks on a connection of its own, which the system may give to any worker: one that is stopped is tried again. */
async function scrape(server: Server, key = server.key): Promise<{ status: number; text: string }> {
  for (let left = 20; ; left--) {
    try {
      const answer = await fetch(`${server.url}/metrics`, {
        headers: key === "" ? {} : { Authorization: `Bearer ${key}` },
        keepalive: false,
        signal: AbortSignal.timeout(3000),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function total(text: string, start: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

const redirects = 'curt_requests_total{asker="visitor",outcome="redirect"}';

describe("the metrics", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "2"] });
    // Before its greeting a worker that dies ends the start.
    await until(() => server.output().includes("Curt on "), 20_000);
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "here" });
  });
  afterAll(() => server.stop());

  const follow = async (count: number, path = "/here") => {
    for (let i = 0; i < count; i++) await fetch(`${server.url}${path}`, { redirect: "manual", keepalive: false });
  };

  test("are for whoever shows a key that may read statistics", async () => {
    expect((await scrape(server, "")).status).toBe(401);
    const made = async (scopes: string[]) =>
      (await ask<{ key: string }>(server, "POST", "/api/v1/keys", { name: "monitoring", scopes })).body.key;
    expect((await scrape(server, await made(["links:read", "links:write"]))).status).toBe(403);
    const { status, text } = await scrape(server, await made(["stats:read"]));
    expect(status).toBe(200);
    expect(text).toContain("# HELP curt_requests_total ");
    expect((await ask(server, "POST", "/metrics")).status).toBe(405);
  });

  test("count every redirect once, whichever worker answered, and never fall when a worker dies", async () => {
    const before = total((await scrape(server)).text, redirects);
    // Each on a connection of its own, so both workers get some.
    await follow(120);
    await follow(3, "/nowhere");
    const { text } = await scrape(server);
    expect(total(text, redirects)).toBe(before + 120);
    expect(total(text, 'curt_requests_total{asker="visitor",outcome="unknown"}')).toBe(3);
    expect(total(text, 'curt_lookups_total{layer="memory"}')).toBeGreaterThan(100);
    const [worker] = workersOf(server.pid);
    process.kill(worker ?? 0, "SIGKILL");
    await until(async () => total((await scrape(server)).text, "curt_worker_deaths_total ") === 1, 5000);
    await until(async () => total((await scrape(server)).text, "curt_workers ") === 2, 10_000);
    expect(total((await scrape(server)).text, redirects)).toBe(before + 120);
    await follow(10);
    expect(total((await scrape(server)).text, redirects)).toBe(before + 130);
  });

  test("a worker that hangs takes nothing out of the sums, and is told of", async () => {
    const before = total((await scrape(server)).text, redirects);
    const [worker = 0] = workersOf(server.pid);
    process.kill(worker, "SIGSTOP");
    try {
      const { text } = await scrape(server);
      expect(total(text, redirects)).toBe(before);
      expect(total(text, "curt_workers_silent ")).toBe(1);
    } finally {
      process.kill(worker, "SIGCONT");
    }
  });

  test("are those of the table, and docs/metrics.md describes each", async () => {
    const { text } = await scrape(server);
    const named = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type]) => `${name} ${type}`);
    const known = Object.entries(metrics).map(([name, { type }]) => `${name} ${type}`);
    expect(named.filter((one) => !known.includes(one))).toEqual([]);
    // Without a cache there is nothing to say of its servers.
    const missing = known.filter((one) => !named.includes(one) && !one.startsWith("curt_cache_server"));
    expect(missing).toEqual([]);
    const page = readFileSync(join(import.meta.dir, "..", "docs", "metrics.md"), "utf8");
    const described = [...page.matchAll(/^\| `(\w+)`[^|]*\| (\w+) \|/gm)].map(
      ([, name = "", type]) => `${name} ${type}`,
    );
    expect(described.sort()).toEqual(known.sort());
  });

  test("hold nothing of a visitor", async () => {
    await fetch(`${server.url}/here?secret=visitor-secret`, {
      redirect: "manual",
      headers: { "User-Agent": "visitor-agent", Referer: "https://visitor-referrer.example/" },
    });
    await fetch(`${server.url}/visitor-slug`);
    expect((await scrape(server)).text).not.toMatch(/visitor-|https/);
    expect(server.output()).not.toMatch(/visitor-/);
  });
});
