import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Server, startServer } from "../server.ts";

/** What a first visit may load, compressed, with fonts. In bytes. */
const budget = 100_000;

describe("the files of the dashboard", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "2"] });
  });
  afterAll(() => server.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { headers: { "accept-encoding": "br", ...headers }, decompress: false });
  const named = (html: string) =>
    [...html.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map((match) => match[1] ?? "");

  test("stay below 100 KB on the first visit", async () => {
    const page = await get("/dashboard");
    const sizes = new Map([["document", (await page.bytes()).length]]);
    const html = await (await fetch(`${server.url}/dashboard`)).text();
    for (const file of named(html)) {
      const answer = await get(file);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      sizes.set(file, (await answer.bytes()).length);
    }
    const sum = [...sizes.values()].reduce((a, b) => a + b, 0);
    console.log(`First visit: ${(sum / 1000).toFixed(1)} KB compressed, fonts included.`);
    expect(sizes.size).toBeGreaterThanOrEqual(8);
    expect(sum).toBeLessThan(budget);
  });

  test("are the same from every worker, and nothing inline is allowed", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => fetch(`${server.url}/dashboard/links/a%2Fb`, { keepalive: false })),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(texts).size).toBe(1);
    const policy = answers[0]?.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe");
    expect(texts[0]).not.toMatch(/<style|style=|<script>/);
  });

  test("a file of an older build is not answered with the document", async () => {
    expect((await get("/dashboard/main-0000dead.js")).status).toBe(404);
    expect((await fetch(`${server.url}/dashboard`, { method: "POST" })).status).toBe(405);
  });
});
