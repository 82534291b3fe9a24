/** From a visit to a number: a real server, its journals and its clerk, asked as programs and people ask. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ask, follow } from "./client.ts";
import { curt } from "./command.ts";
import { type Server, startServer } from "./server.ts";

let server: Server;
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

interface Clicks {
  readonly total: number;
  readonly unique: number;
  readonly bots: number;
  readonly series: readonly { readonly clicks: number }[];
  readonly groups: readonly { readonly value: string; readonly clicks: number }[];
}
const clicksOf = async (path: string) => (await ask<Clicks>(server, "GET", `/api/v1/${path}`)).body;
/** Waits for what is counted some moments later; fails with what there is in the end. */
const until = async (read: () => Promise<unknown>, wanted: unknown) => {
  for (let i = 0; i < 300; i++) {
    if (Bun.deepEquals(await read(), wanted)) return;
    await Bun.sleep(100);
  }
  expect(await read()).toEqual(wanted);
};

beforeAll(async () => {
  server = await startServer({ args: ["--workers", "2"] });
  for (const slug of ["a", "b", "limited"])
    await ask(server, "POST", "/api/v1/links", {
      url: "https://example.com/",
      slug,
      tags: slug === "b" ? ["spring"] : [],
      ...(slug === "limited" ? { maxClicks: 2 } : {}),
    });
});
afterAll(() => server.stop());

test("visits are counted once each, people apart from bots; HEAD, refusals and unknown slugs are in no sum", async () => {
  const visit = (slug: string, agent: string, more = {}) => follow(server, slug, { "user-agent": agent, ...more });
  for (let i = 0; i < 7; i++) await visit("a", firefox, { referer: "https://news.example/x" });
  for (let i = 0; i < 3; i++) await visit("a", googlebot);
  for (let i = 0; i < 2; i++) await visit("b?utm_source=mail", firefox);
  for (let i = 0; i < 4; i++) await visit("limited", firefox);
  await fetch(`${server.url}/a`, { method: "HEAD", redirect: "manual" });
  for (let i = 0; i < 5; i++) await visit("nobody", firefox);
  await until(async () => {
    const all = await clicksOf("clicks");
    return [all.total, all.bots, (await clicksOf("clicks?unknown=true")).total];
  }, [11, 3, 5]);
  const a = await clicksOf("links/a/clicks?by=browser");
  expect(a).toMatchObject({ total: 7, bots: 3, unique: 1 });
  expect(a.groups).toEqual([{ value: "Firefox", clicks: 7 }]);
  expect((await clicksOf("links/a/clicks?by=referrer")).groups).toEqual([{ value: "news.example", clicks: 7 }]);
  expect((await clicksOf("clicks?tag=spring&by=utm_source")).groups).toEqual([{ value: "mail", clicks: 2 }]);
  const { body } = await ask<{ links: { slug: string; clicks: number }[] }>(server, "GET", "/api/v1/links");
  expect(body.links.map((one) => [one.slug, one.clicks])).toEqual([
    ["limited", 2],
    ["b", 2],
    ["a", 10],
  ]);
  const { body: latest } = await ask<{ events: { browser: string | null }[] }>(server, "GET", "/api/v1/links/a/events");
  expect(latest.events).toHaveLength(10);
}, 60_000);

test("the command line shows them, and an export has them", async () => {
  const env = { CURT_SERVER: server.url, CURT_KEY: server.key };
  expect((await curt(["stats", "a", "--by", "browser"], env)).out).toBe("Firefox\t7\n");
  expect(JSON.parse((await curt(["stats", "--json"], env)).out)).toMatchObject({ total: 11, bots: 3 });
  expect((await curt(["get", "a"], env)).out).toContain("clicks\t10\n");
  const exported = (await curt(["export", "--format", "jsonl", "--data", server.dataDir])).out.trimEnd().split("\n");
  expect(exported.map((line) => JSON.parse(line)).map((link) => [link.slug, link.clicks])).toEqual([
    ["a", 10],
    ["b", 2],
    ["limited", 2],
  ]);
}, 60_000);

test("a live stream tells of a visit", async () => {
  const stop = new AbortController();
  const answer = await fetch(`${server.url}/api/v1/links/b/clicks/live`, {
    headers: { authorization: `Bearer ${server.key}` },
    signal: stop.signal,
  });
  let text = "";
  const read = (async () => {
    for await (const piece of answer.body ?? []) text += new TextDecoder().decode(piece);
  })().catch(() => {});
  const totals = async () => [...text.matchAll(/"total":(\d+)/g)].map((found) => found[1]);
  await until(totals, ["2"]);
  await follow(server, "b", { "user-agent": firefox });
  await until(totals, ["2", "3"]);
  stop.abort();
  await read;
}, 60_000);
