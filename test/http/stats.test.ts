/** Statistics over the API: what is asked, what is refused, and what comes back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Tally } from "../../src/core/click.ts";
import { clickIdOf, type Dimension, dimensions } from "../../src/core/click.ts";
import { StoreUnavailable } from "../../src/core/store.ts";
import { liveLimit } from "../../src/http/limits.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const hour = 3_600_000;
/** 10:30, so that the last day and hour are under way. */
const clock = { now: Date.UTC(2030, 0, 31, 10, 30) };
const store = new MemoryStore(() => clock.now);
const { ask, server, keys, links } = startParts({ store, now: () => clock.now });
afterAll(() => server.drain());

let number = 0;
const valuesOf = (by: Partial<Record<Dimension, string>>) => dimensions.map((name) => by[name] ?? "");
/** Clicks of a link (`null`: of an unknown slug) so many hours ago. */
const tally = async (
  slug: string | null,
  ago: number,
  clicks: number,
  by: Partial<Record<Dimension, string>> = {},
): Promise<Tally> => ({
  link: slug === null ? null : clickIdOf(await links.get(slug)),
  tags: slug === null ? [] : (await links.get(slug)).tags,
  hour: Math.floor(clock.now / hour) - ago,
  values: valuesOf(by),
  clicks,
  visitors:
    by.bot === undefined ? Array.from({ length: clicks }, (_, i) => Number(Bun.hash.wyhash(`${i} ${ago}`) >> 12n)) : [],
});
const count = async (tallies: Tally[], visits: { link: string; time: number; values: string[] }[] = []) =>
  store.clicks.add({ writer: "node", number: ++number, position: "", tallies, visits });

beforeAll(async () => {
  for (const [slug, tags] of [
    ["a", ["x"]],
    ["b/ü", ["x", "y"]],
    ["none", []],
  ] as const)
    await ask("POST", "/api/v1/links", { url: "https://example.com/", slug, tags });
  await count([
    await tally("a", 0, 5, { country: "DE", referrer: "=cmd()", browser: "Firefox" }),
    await tally("a", 1, 3, { country: "FR" }),
    await tally("a", 30, 4, { country: "DE" }),
    await tally("a", 0, 2, { bot: "Googlebot" }),
    await tally("b/ü", 2, 7, { country: "AT" }),
    await tally(null, 0, 9),
  ]);
  const link = clickIdOf(await links.get("a"));
  const visits = Array.from({ length: 30 }, (_, i) => ({
    ...{ link, time: clock.now - i * 1000 },
    values: valuesOf({ country: "DE", referrer: i === 0 ? "+1+1" : "" }),
  }));
  await count([], visits);
});

describe("the clicks of a link", () => {
  test("are of the last 30 days, by day, without bots", async () => {
    const { status, body } = await ask("GET", "/api/v1/links/a/clicks");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      unit: "day",
      note: null,
      total: 12,
      bots: 2,
      groups: [],
      to: "2030-01-31T10:30:00.000Z",
    });
    expect(body.from).toBe("2030-01-01T10:30:00.000Z");
    expect(body.series.map((one: { start: string; clicks: number }) => [one.start, one.clicks])).toEqual([
      ["2030-01-30T00:00:00.000Z", 4],
      ["2030-01-31T00:00:00.000Z", 8],
    ]);
    expect(body.unique).toBe(12);
  });

  test("by hour, in a range, with bots, told apart", async () => {
    const query = "from=2030-01-31T09:00:00%2B00:00&to=2030-01-31T11:00:00Z&unit=hour&bots=true&by=country";
    const { body } = await ask("GET", `/api/v1/links/a/clicks?${query}`);
    expect(body.series.map((one: { clicks: number }) => one.clicks)).toEqual([3, 7]);
    expect(body.groups).toEqual([
      { value: "DE", clicks: 5 },
      { value: "FR", clicks: 3 },
      { value: "", clicks: 2 },
    ]);
    // What the licence of the database of places wants to stand beside them, and beside nothing else.
    expect(body.attribution).toContain("DB-IP");
    const bots = await ask("GET", "/api/v1/links/a/clicks?by=bot");
    expect(bots.body.attribution).toBeNull();
    expect(bots.body.groups).toContainEqual({ value: "Googlebot", clicks: 2 });
  });

  test("stand in the link itself and in lists; one without any has 0", async () => {
    expect((await ask("GET", "/api/v1/links/a")).body.clicks).toBe(14);
    const { body } = await ask("GET", "/api/v1/links");
    expect(body.links.map((one: { slug: string; clicks: number }) => [one.slug, one.clicks])).toEqual([
      ["none", 0],
      ["b/ü", 7],
      ["a", 14],
    ]);
    expect((await ask("PATCH", "/api/v1/links/a", { title: "A" })).body.clicks).toBe(14);
    expect((await ask("GET", "/api/v1/links/none/clicks")).body).toMatchObject({ total: 0, unique: 0, series: [] });
  });

  test("of a slug used again begin at nothing", async () => {
    await ask("POST", "/api/v1/links", { url: "https://example.com/", slug: "again" });
    await count([await tally("again", 0, 3)]);
    await ask("DELETE", "/api/v1/links/again");
    expect((await ask("GET", "/api/v1/links/again/clicks")).status).toBe(404);
    expect((await ask("POST", "/api/v1/links", { url: "https://example.com/", slug: "again" })).body.clicks).toBe(0);
    expect((await ask("GET", "/api/v1/links/again/clicks")).body.total).toBe(0);
    await ask("DELETE", "/api/v1/links/again");
  });

  test("of hours that are no longer kept are answered by the day, which is said", async () => {
    const { body } = await ask("GET", "/api/v1/links/a/clicks?unit=hour&from=2029-01-01T00:00:00Z");
    expect(body).toMatchObject({ unit: "day", total: 12 });
    expect(body.note).toContain("no hours are kept");
    const csv = await ask("GET", "/api/v1/links/a/clicks?unit=hour&from=2029-01-01T00:00:00Z&format=csv");
    expect(csv.headers.get("x-note")).toBe(body.note);
  });

  test("what has not begun is nothing, and what began before 1970 is all", async () => {
    const future = await ask("GET", "/api/v1/links/a/clicks?from=2999-01-01T00:00:00Z&to=2999-02-01T00:00:00Z");
    expect([future.status, future.body.total, future.body.series]).toEqual([200, 0, []]);
    const all = await ask("GET", "/api/v1/links/a/clicks?from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z&unit=month");
    expect([all.status, all.body.total]).toEqual([200, 12]);
  });
});

describe("the clicks of many", () => {
  test("of all, of a tag, and of slugs that nobody has", async () => {
    const total = async (query: string) => (await ask("GET", `/api/v1/clicks?${query}`)).body.total;
    expect([await total(""), await total("tag=x"), await total("tag=y"), await total("tag=z")]).toEqual([22, 19, 7, 0]);
    expect(await total("unknown=true")).toBe(9);
    expect((await ask("GET", "/api/v1/links/b%2F%C3%BC/clicks")).body.total).toBe(7);
  });
});

describe("the latest visits", () => {
  test("come latest first, page by page", async () => {
    const first = (await ask("GET", "/api/v1/links/a/events?limit=20")).body;
    expect(first.events).toHaveLength(20);
    expect(first.events[0]).toMatchObject({
      time: "2030-01-31T10:30:00.000Z",
      country: "DE",
      referrer: "+1+1",
      city: null,
    });
    const second = (await ask("GET", `/api/v1/links/a/events?limit=20&before=${first.next}`)).body;
    expect([second.events.length, second.next]).toEqual([10, null]);
    const times = [...first.events, ...second.events].map((one: { time: string }) => one.time);
    expect(times).toEqual([...new Set(times)].sort().reverse());
    expect((await ask("GET", "/api/v1/links/none/events")).body).toMatchObject({ events: [], next: null });
    expect(first.attribution).toContain("https://db-ip.com");
  });
});

describe("CSV", () => {
  test("by format or by Accept, and nothing that visitors sent can run in a spreadsheet", async () => {
    const series = await ask("GET", "/api/v1/links/a/clicks?format=csv");
    expect(series.headers.get("content-type")).toStartWith("text/csv; charset=utf-8");
    expect(series.headers.get("content-disposition")).toBe('attachment; filename="clicks-a.csv"');
    expect(series.text).toBe("start,clicks,unique\n2030-01-30T00:00:00.000Z,4,4\n2030-01-31T00:00:00.000Z,8,8\n");
    const groups = await ask("GET", "/api/v1/links/a/clicks?by=referrer", undefined, { accept: "text/csv" });
    expect(groups.text).toContain("'=cmd(),5\n");
    const events = await ask("GET", "/api/v1/links/a/events?format=csv");
    expect(events.text).toContain("2030-01-31T10:30:00.000Z,'+1+1,DE,");
    expect(events.headers.get("x-attribution")).toContain("DB-IP");
    expect(series.headers.get("x-attribution")).toBeNull();
    expect(events.text.split("\n")[0]).toBe(`time,${dimensions.join(",")}`);
    const named = await ask("GET", "/api/v1/links/b%2F%C3%BC/clicks?format=csv");
    expect(named.headers.get("content-disposition")).toBe('attachment; filename="clicks-b-.csv"');
    expect((await ask("GET", "/api/v1/links/a/clicks?format=json", undefined, { accept: "text/csv" })).body.total).toBe(
      12,
    );
  });
});

describe("is refused, with what is accepted", () => {
  const wrong: [query: string, path: string, says: string][] = [
    ["links/a/clicks?by=shoe", "by", "Takes referrer, country, region"],
    ["links/a/clicks?unit=year", "unit", "Takes hour, day, week, month."],
    ["links/a/clicks?bots=maybe", "bots", "Takes true, false."],
    ["links/a/clicks?format=pdf", "format", "Takes json, csv."],
    ["links/a/clicks?from=yesterday", "from", "RFC 3339"],
    ["links/a/clicks?from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", "to", "ends before it starts"],
    ["links/a/clicks?from=2030-01-02T00:00:00Z&to=2030-01-02T00:00:00Z", "to", "ends before it starts"],
    ["links/a/clicks?from=2031-01-02T00:00:00Z", "from", "ends before it starts"],
    ["links/a/clicks?tag=x", "tag", "Unknown field."],
    ["links/a/clicks?since=1", "since", "Unknown field."],
    ["clicks?tag=x&unknown=true", "unknown", "no tag"],
    ["clicks?by=", "by", "Takes referrer"],
    ["links/a/events?limit=0", "limit", "Takes 1 to 1000."],
    ["links/a/events?limit=1001", "limit", "Takes 1 to 1000."],
    ["links/a/events?before=x", "before", "RFC 3339"],
  ];
  for (const [query, path, says] of wrong)
    test(query, async () => {
      const { status, body } = await ask("GET", `/api/v1/${query}`);
      expect([status, body.code]).toEqual([400, "invalid_input"]);
      const found = body.errors.find((one: { path: string }) => one.path === path);
      expect(found?.message ?? body.errors).toContain(says);
    });

  test("without the scope, without a key, for an unknown slug", async () => {
    const { key } = await keys.create({ name: null, scopes: ["links:read", "links:write"], expiresAt: null });
    const reader = await keys.create({ name: null, scopes: ["stats:read"], expiresAt: null });
    for (const path of ["links/a/clicks", "clicks", "links/a/events", "clicks/live", "links/a/clicks/live"]) {
      expect((await ask("GET", `/api/v1/${path}`, undefined, { authorization: `Bearer ${key}` })).status).toBe(403);
      expect((await ask("GET", `/api/v1/${path}`, undefined, { authorization: "" })).status).toBe(401);
    }
    const withScope = { authorization: `Bearer ${reader.key}` };
    expect((await ask("GET", "/api/v1/clicks", undefined, withScope)).status).toBe(200);
    for (const path of ["clicks", "events", "clicks/live"])
      expect((await ask("GET", `/api/v1/links/nobody/${path}`)).status).toBe(404);
    expect((await ask("POST", "/api/v1/clicks", {})).status).toBe(405);
  });
});

describe("live counts", () => {
  /** The data of the events of a stream as they come, and its end. */
  const listen = async (path: string, signal?: AbortSignal) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/${path}`, {
      headers: { authorization: "Bearer an-admin-key-of-tests" },
      ...(signal === undefined ? {} : { signal }),
    });
    const events: { total: number; added: number; bots: number; day: string }[] = [];
    const ended = (async () => {
      let rest = "";
      for await (const piece of answer.body ?? []) {
        const blocks = (rest + new TextDecoder().decode(piece)).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks)
          if (block.startsWith("event: counts\ndata: "))
            events.push(JSON.parse(block.slice("event: counts\ndata: ".length)));
      }
    })().catch(() => {});
    return { answer, events, ended };
  };
  const until = async (condition: () => boolean) => {
    for (let i = 0; i < 1000 && !condition(); i++) await Bun.sleep(10);
    expect(condition()).toBe(true);
  };

  test("say at once what there is, and then what comes, to all who listen", async () => {
    const stop = new AbortController();
    const [one, all] = [await listen("links/a/clicks/live", stop.signal), await listen("clicks/live", stop.signal)];
    expect(one.answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await until(() => one.events.length === 1 && all.events.length === 1);
    expect(one.events[0]).toMatchObject({ day: "2030-01-31", total: 8, bots: 2, added: 0 });
    const late = await listen("links/a/clicks/live", stop.signal);
    await until(() => late.events.length === 1);
    expect(late.events[0]).toMatchObject({ total: 8, bots: 2 });
    await count([await tally("a", 0, 6)]);
    await until(() => one.events.length === 2 && all.events.length === 2 && late.events.length === 2);
    expect(one.events[1]).toMatchObject({ total: 14, bots: 2, added: 6 });
    // A store that fails for a while ends nothing.
    store.failure = new StoreUnavailable("Down.");
    await Bun.sleep(1200);
    store.failure = undefined;
    await count([await tally("a", 0, 1)]);
    await until(() => one.events.length === 3);
    stop.abort();
    await Promise.all([one.ended, all.ended, late.ended]);
  }, 30_000);

  test("are for so many at once, and a place that is left is free again", async () => {
    const stop = new AbortController();
    const streams = await Promise.all(Array.from({ length: liveLimit }, () => listen("clicks/live", stop.signal)));
    expect(streams.every(({ answer }) => answer.status === 200)).toBe(true);
    const more = await listen("clicks/live");
    expect([more.answer.status, more.answer.headers.get("retry-after")]).toEqual([429, "15"]);
    await more.ended;
    stop.abort();
    await Promise.all(streams.map((one) => one.ended));
    let status = 429;
    for (let i = 0; i < 500 && status === 429; i++) {
      const again = new AbortController();
      const { answer, ended } = await listen("clicks/live", again.signal);
      status = answer.status;
      again.abort();
      await ended;
      await Bun.sleep(10);
    }
    expect(status).toBe(200);
  }, 30_000);

  test("HEAD of a stream is refused", async () => {
    expect((await ask("HEAD", "/api/v1/clicks/live")).status).toBe(405);
  });

  test("end when the server leaves", async () => {
    const own = startParts({ store, now: () => clock.now });
    const answer = await fetch(`${own.url}/api/v1/clicks/live`, {
      headers: { authorization: "Bearer an-admin-key-of-tests" },
    });
    const text = answer.text();
    const drained = own.server.drain();
    expect(await text).toContain("event: counts");
    await drained;
  }, 30_000);
});
