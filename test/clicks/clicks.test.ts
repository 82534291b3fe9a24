import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, follow } from "../client.ts";
import { curt } from "../command.ts";
import { until } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";
import { Counts } from "./counts.ts";

let server: Server;
let counts: Counts;

beforeEach(async () => {
  server = await startServer({ args: ["--workers", "2"], env: { CURT_TRUSTED_PROXIES: "127.0.0.1" } });
  counts = await Counts.open({ CURT_DATA: server.dataDir });
  for (const slug of ["one", "two"])
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug, tags: ["red"] });
});
afterEach(async () => {
  await counts.close();
  await server.stop();
});

const chrome =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

describe("clicks of a running server", () => {
  test("are counted within seconds, with what is known of the visitor, and nothing of it is kept in the journals", async () => {
    const london = { "x-forwarded-for": "81.2.69.142", "accept-language": "en-GB,en", "user-agent": chrome };
    for (let i = 0; i < 3; i++) await follow(server, "one", { ...london, referer: "https://www.Example.org/secret" });
    await follow(server, "one?utm_source=letter&utm_campaign=may", london);
    await follow(server, "two", { "user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" });
    await follow(server, "two", { ...london, dnt: "1" });
    await follow(server, "nobody", london);
    await until(async () => (await counts.sum(["one", "two"])) === 6, 20_000);
    expect(await counts.of(["one", "two"])).toEqual([4, 2]);
    const by = async (dimension: "referrer" | "country" | "city" | "browser" | "os" | "device" | "language" | "bot") =>
      Object.fromEntries((await counts.read({ by: dimension })).groups.map(({ value, clicks }) => [value, clicks]));
    expect(await by("referrer")).toEqual({ "example.org": 3, "": 3 });
    expect(await by("country")).toEqual({ GB: 4, "": 2 });
    expect(await by("city")).toEqual({ London: 4, "": 2 });
    expect(await by("browser")).toMatchObject({ Chrome: 4 });
    expect(await by("os")).toMatchObject({ Windows: 4 });
    expect(await by("device")).toMatchObject({ desktop: 4 });
    expect(await by("language")).toEqual({ en: 4, "": 2 });
    expect(await by("bot")).toEqual({ "": 5, preview: 1 });
    const all = await counts.read();
    expect([all.total, all.bots, all.unique]).toEqual([5, 1, 1]);
    const campaign = await counts.read({ by: "utm_campaign", subject: { of: "tag", tag: "red" } });
    expect(campaign.groups).toContainEqual({ value: "may", clicks: 1 });
    expect((await counts.read({ subject: { of: "unknown" } })).total).toBe(1);
    expect((await counts.visits("one")).length).toBe(4);
    expect((await counts.visits("two")).length).toBe(1);
    expect(await server.terminate()).toBe(0);
    const left = readdirSync(join(server.dataDir, "journal")).filter((name) => /\.(open|done)$/.test(name));
    expect(left).toEqual([]);
  });

  test("the last ones are counted at the end, and a new start counts none again", async () => {
    for (let i = 0; i < 50; i++) await follow(server, "one");
    expect(await server.terminate()).toBe(0);
    expect(await counts.of(["one"])).toEqual([50]);
    await server.restart();
    await follow(server, "one");
    await until(async () => (await counts.sum(["one"])) === 51, 20_000);
    await server.restart();
    await Bun.sleep(1500);
    expect(await counts.of(["one"])).toEqual([51]);
  });

  test("without CURT_CLICKS nothing is written down", async () => {
    await server.stop();
    server = await startServer({ args: ["--workers", "1", "--clicks", "false"] });
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "one" });
    await follow(server, "one");
    expect(await server.terminate()).toBe(0);
    expect(readdirSync(join(server.dataDir, "journal"))).toEqual([]);
  });

  test("no backup has addresses, or the secret by which visitors are told apart", async () => {
    await follow(server, "one", { "x-forwarded-for": "81.2.69.142", "user-agent": chrome });
    await until(async () => (await counts.sum(["one"])) === 1, 20_000);
    const salts = await counts.store.registry.list("salt");
    expect(salts).toHaveLength(1);
    const folder = join(server.dataDir, "copy");
    const { code } = await curt(["backup", folder, "--data", server.dataDir]);
    expect(code).toBe(0);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    expect(files.length).toBeGreaterThan(1);
    for (const secret of ["81.2.69.142", ...salts.map(({ value }) => JSON.parse(value))])
      expect(files.some((file) => file.includes(secret))).toBe(false);
  });

  test("metrics tell what was written, counted and lost", async () => {
    for (let i = 0; i < 5; i++) await follow(server, "one");
    const value = async (name: string) => {
      const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } });
      return Number(new RegExp(`^${name} (.*)$`, "m").exec(await answer.text())?.[1]);
    };
    await until(async () => (await value("curt_clicks_counted_total")) === 5, 20_000);
    expect(await value("curt_clicks_recorded_total")).toBe(5);
    expect(await value("curt_clicks_lost_total")).toBe(0);
  });
});
