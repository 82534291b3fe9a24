import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./client.ts";
import { plainEnvironment, type Server, startServer } from "./server.ts";

const program = join(import.meta.dir, "..", "bin", "curt");

interface Result {
  readonly requests: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly results: Readonly<Record<string, number>>;
}

describe("curt bench", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "here" });
  });
  afterAll(() => server.stop());

  async function bench(...args: string[]): Promise<{ code: number; result: Result; err: string }> {
    const child = Bun.spawn(["sh", program, "bench", ...args, "--json"], {
      env: { ...plainEnvironment(), CURT_KEY: server.key },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, result: out === "" ? ({} as Result) : JSON.parse(out), err };
  }

  test("asks as often as the profile says, and writes a page that needs nothing else", async () => {
    const report = join(server.dataDir, "report.html");
    const profile = ["--users", "7", "--ramp", "200ms", "--loops", "30", "--report", report];
    const { code, result } = await bench(`${server.url}/here`, ...profile);
    expect([code, result.requests, result.errors, result.results]).toEqual([0, 210, 0, { "302": 210 }]);
    expect(result.p50).toBeGreaterThan(0);
    expect(result.p50).toBeLessThanOrEqual(result.p99);
    expect(result.p99).toBeLessThanOrEqual(result.max);
    const page = readFileSync(report, "utf8");
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/NaN|undefined|<script|<link|src=|@import|url\(/);
  });

  test("makes the links of the diary's profile", async () => {
    const before = await ask<{ links: unknown[] }>(server, "GET", "/api/v1/links?limit=1000");
    const { code, result } = await bench(server.url, "--create", "--users", "20", "--ramp", "500ms", "--loops", "5");
    expect([code, result.results]).toEqual([0, { "201": 100 }]);
    const after = await ask<{ links: unknown[] }>(server, "GET", "/api/v1/links?limit=1000");
    expect(after.body.links.length - before.body.links.length).toBe(100);
  });

  test("tells of errors, and of a server that is not there", async () => {
    const missing = await bench(`${server.url}/nowhere`, "--users", "2", "--loops", "3");
    expect([missing.code, missing.result.errors, missing.result.results]).toEqual([1, 6, { "404": 6 }]);
    const nobody = await bench("http://127.0.0.1:1/", "--users", "2", "--loops", "2");
    expect([nobody.code, nobody.result.errors]).toEqual([1, 4]);
    expect((await bench("ftp://x/")).code).toBe(2);
    expect((await bench(`${server.url}/here`, "--for", "2h")).code).toBe(2);
  });

  test("sends the kept key to no other machine", async () => {
    const env = { ...plainEnvironment(), CURT_DATA: server.dataDir };
    const child = Bun.spawnSync(["sh", program, "bench", "http://elsewhere.example", "--create"], { env });
    expect(child.exitCode).toBe(1);
    expect(child.stderr.toString()).toContain("needs a key");
  });
});
