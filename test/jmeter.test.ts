/** The JMeter plan of `deploy/jmeter`, run by JMeter against a Curt. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask } from "./client.ts";
import { need } from "./install.ts";
import { type Server, startServer } from "./server.ts";
import { jmeterHome, runJmeter } from "./servers/jmeter.ts";

describe.skipIf(!need("jmeter"))("the JMeter plan", () => {
  let server: Server;
  beforeAll(async () => {
    await jmeterHome();
    server = await startServer({ args: ["--workers", "1"] });
  }, 600_000);
  afterAll(() => server.stop());
  const to = (key: string) => ({ host: "127.0.0.1", port: new URL(server.url).port, key });
  const count = async () => {
    const { body } = await ask<{ links: unknown[] }>(server, "GET", "/api/v1/links?limit=1000");
    return body.links.length;
  };

  test("makes as many links as the diary's first profile says, each a new one", async () => {
    const result = await runJmeter({ ...to(server.key), ramp: "1" });
    expect([result.samples, result.errors, result.statuses]).toEqual([100, 0, { "201": 100 }]);
    expect(await count()).toBe(100);
    expect(result.averageMs).toBeLessThanOrEqual(result.maxMs);
  });

  test("takes another number of users, and counts what fails as failed", async () => {
    const result = await runJmeter({ ...to("curt_of_nobody"), users: "3", ramp: "0", loops: "2" });
    expect([result.samples, result.errors, result.statuses]).toEqual([6, 6, { "401": 6 }]);
    expect(await count()).toBe(100);
  });
});
