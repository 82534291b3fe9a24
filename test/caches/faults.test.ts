import { afterEach, describe, expect, test } from "bun:test";
import { eventually, sampleLink, WrittenFeed } from "../../src/caches/contract.ts";
import { openMemcachedCache } from "../../src/caches/memcached.ts";
import { openRedisCache } from "../../src/caches/redis.ts";
import type { SharedCache, SharedCacheOptions } from "../../src/caches/shared.ts";
import { TcpProxy } from "../proxy.ts";
import { Memcached, startMemcached } from "../servers/memcached.ts";
import { type Redis, startRedis } from "../servers/redis.ts";

type Server = Redis | Memcached;
type Faults = Partial<SharedCacheOptions>;

interface Scene {
  readonly server: Server;
  readonly proxy: TcpProxy;
  readonly cache: SharedCache;
  readonly feed: WrittenFeed;
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const later = () => Date.now() + 60_000;
const link = sampleLink("hot", 2);

/** One server behind a proxy and a cache that knows version 2 of a link. */
async function scene(kind: "redis" | "memcached", faults: Faults = {}): Promise<Scene> {
  const server = kind === "redis" ? await startRedis() : (await startMemcached())[0];
  if (server === undefined) throw new Error("No server.");
  ends.push(() => server.stop());
  const proxy = new TcpProxy(`127.0.0.1:${server.port}`);
  ends.push(() => proxy.stop());
  const feed = new WrittenFeed();
  const options: SharedCacheOptions = { storeId: "faults", changes: feed.changes, now: Date.now, ...faults };
  const cache =
    kind === "redis"
      ? openRedisCache([`redis://${proxy.address}`], options)
      : openMemcachedCache([{ host: "127.0.0.1", port: proxy.port }], options);
  ends.push(() => cache.close());
  await eventually(() => cache.servers[0]?.state === "up");
  await cache.putIfNewer(link, later());
  expect((await cache.get(link))?.version).toBe(2);
  return { server, proxy, cache, feed };
}

/** How long each of `count` reads took, one after another, in ms; the slowest first. */
async function timesOf(cache: SharedCache, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await cache.get(link);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => b - a);
}

const over = (times: number[], limit: number) => times.filter((time) => time > limit).length;

/** Ways a server goes wrong and comes back. */
const weathers: { name: string; strike: (s: Scene) => unknown; mend: (s: Scene) => unknown }[] = [
  { name: "killed", strike: ({ server }) => server.kill9(), mend: ({ server }) => server.start() },
  { name: "stopped", strike: ({ server }) => server.pause(), mend: ({ server }) => server.resume() },
  { name: "cut off", strike: ({ proxy }) => weather(proxy, "cut"), mend: ({ proxy }) => weather(proxy, "pass") },
  { name: "silent", strike: ({ proxy }) => weather(proxy, "blackhole"), mend: ({ proxy }) => weather(proxy, "pass") },
  { name: "garbage", strike: ({ proxy }) => weather(proxy, "garbage"), mend: ({ proxy }) => weather(proxy, "pass") },
  { name: "slow by 2 s", strike: ({ proxy }) => slow(proxy, 2000), mend: ({ proxy }) => slow(proxy, 0) },
];

function weather(proxy: TcpProxy, kind: TcpProxy["weather"]): void {
  proxy.weather = kind;
}

function slow(proxy: TcpProxy, delay: number): void {
  proxy.delay = delay;
}

for (const kind of ["redis", "memcached"] as const) {
  describe(`${kind} in bad weather`, () => {
    for (const { name, strike, mend } of weathers) {
      test(`${name}: soon nobody waits for it, it is used again, and what changed meanwhile is not served`, async () => {
        const s = await scene(kind);
        await strike(s);
        const times = await timesOf(s.cache, 200);
        expect(over(times, 10)).toBeLessThanOrEqual(10);
        expect(times[0]).toBeLessThan(300);
        // An edit that the cache does not get.
        await s.cache.putIfNewer(sampleLink("hot", 3), later());
        s.feed.written.push({ host: "", slug: "hot", version: 3 });
        expect(await s.cache.get(link)).toBeUndefined();
        await mend(s);
        const took = await eventually(async () => {
          expect((await s.cache.get(link))?.version ?? 3).toBe(3);
          return s.cache.servers[0]?.state === "up";
        });
        expect(took).toBeLessThan(5000);
        expect((await s.cache.get(link))?.version ?? 3).toBe(3);
        await s.cache.putIfNewer(sampleLink("hot", 3), later());
        expect((await s.cache.get(link))?.version).toBe(3);
      }, 20_000);
    }

    test("without the breaker everybody waits", async () => {
      const s = await scene(kind, { unbroken: true });
      s.server.pause();
      expect(over(await timesOf(s.cache, 30), 10)).toBeGreaterThan(20);
    });

    test("without the replay what is out of date is served", async () => {
      const s = await scene(kind, { believing: true });
      s.server.pause();
      await timesOf(s.cache, 20);
      s.feed.written.push({ host: "", slug: "hot", version: 3 });
      s.server.resume();
      await eventually(() => s.cache.servers[0]?.state === "up");
      expect((await s.cache.get(link))?.version).toBe(2);
    });

    test("one that is emptied misses and goes on", async () => {
      const s = await scene(kind);
      await (s.server instanceof Memcached ? s.server.ask("flush_all") : s.server.ask("FLUSHALL"));
      expect(await s.cache.get(link)).toBeUndefined();
      await s.cache.putIfNewer(link, later());
      expect((await s.cache.get(link))?.version).toBe(2);
      expect(s.cache.servers[0]?.failures).toBe(0);
    });

    test("many at once during an outage are bounded in number and time", async () => {
      const s = await scene(kind);
      s.server.pause();
      const start = performance.now();
      await Promise.all(Array.from({ length: 5000 }, () => s.cache.get(link)));
      expect(performance.now() - start).toBeLessThan(300);
      expect(s.cache.servers[0]?.failures).toBeLessThanOrEqual(1000);
      s.server.resume();
    });
  });
}

describe("a Redis that can't be written", () => {
  for (const [name, strike, mend] of [
    ["read-only", (redis: Redis) => redis.readOnly(true), (redis: Redis) => redis.readOnly(false)],
    [
      "full",
      (redis: Redis) => redis.ask("CONFIG", "SET", "maxmemory", "1"),
      (redis: Redis) => redis.ask("CONFIG", "SET", "maxmemory", "0"),
    ],
  ] as const) {
    test(`${name}: is not read either as soon as something has changed`, async () => {
      const s = await scene("redis");
      const redis = s.server as Redis;
      await strike(redis);
      await s.cache.putIfNewer(sampleLink("hot", 3), later());
      s.feed.written.push({ host: "", slug: "hot", version: 3 });
      await eventually(() => s.cache.servers[0]?.state === "down");
      expect(s.cache.servers[0]?.why).toMatch(/NOREPLICAS|OOM/);
      expect(await s.cache.get(link)).toBeUndefined();
      await mend(redis);
      await eventually(() => s.cache.servers[0]?.state === "up");
      expect(await s.cache.get(link)).toBeUndefined();
    });
  }
});

test("password and database come from the address; a wrong password is told once, and nobody waits", async () => {
  const redis = await startRedis();
  ends.push(() => redis.stop());
  await redis.ask("CONFIG", "SET", "requirepass", "right");
  const told: string[] = [];
  const open = (user: string) => {
    const cache = openRedisCache([`redis://${user}127.0.0.1:${redis.port}/3`], {
      storeId: "password",
      changes: new WrittenFeed().changes,
      now: Date.now,
      report: ({ state, why }) => told.push(`${state} ${why}`),
    });
    ends.push(() => cache.close());
    return cache;
  };
  const [wrong, none] = [open(":wrong@"), open("")];
  await eventually(() => told.length === 2);
  await Bun.sleep(1500);
  expect(told).toHaveLength(2);
  for (const line of told) expect(line).toContain("password");
  expect(over(await timesOf(wrong, 20), 10)).toBe(0);
  expect(none.servers[0]?.state).toBe("down");
  const right = open(":right@");
  await eventually(() => right.servers[0]?.state === "up");
  const client = new Bun.RedisClient(`redis://:right@127.0.0.1:${redis.port}`);
  expect(await client.send("INFO", ["keyspace"])).toContain("db3:keys=1");
  client.close();
});

test("reads go on at a replica when the primary dies, without what changed meanwhile", async () => {
  const primary = await startRedis();
  ends.push(() => primary.stop());
  const replica = await startRedis({ replicaOf: primary });
  ends.push(() => replica.stop());
  const feed = new WrittenFeed();
  const options: SharedCacheOptions = { storeId: "replicas", changes: feed.changes, now: Date.now };
  const cache = openRedisCache([primary.url, replica.url], options);
  ends.push(() => cache.close());
  await eventually(() => cache.servers[0]?.state === "up");
  const [a, b] = [sampleLink("a", 2), sampleLink("b", 2)];
  for (const one of [a, b]) await cache.putIfNewer(one, later());
  // A new replica may be a second behind.
  await eventually(async () => ((await replica.ask("KEYS", "*")) as string[]).length === 3);
  await primary.kill9();
  feed.written.push({ host: "", slug: "b", version: 3 });
  await eventually(() => cache.servers[1]?.state === "up");
  expect((await cache.get(a))?.version).toBe(2);
  expect(await cache.get(b)).toBeUndefined();
  feed.written.push({ host: "", slug: "a", version: 3 });
  await eventually(async () => (await cache.get(a)) === undefined, 2000);
  await primary.start();
  await eventually(() => cache.servers[0]?.state === "up" && cache.servers[1]?.state === "idle");
  await cache.putIfNewer(sampleLink("a", 3), later());
  expect((await cache.get(a))?.version).toBe(3);
}, 20_000);

test("one of three Memcached servers lost loses its third of the keys and no other", async () => {
  const servers = await startMemcached(3);
  ends.push(() => Promise.all(servers.map((one) => one.stop())));
  const { changes } = new WrittenFeed();
  // Each of 6,000 answers counts, however late it is on a busy machine.
  const limits = { get: 5000, put: 5000 };
  const options: SharedCacheOptions = { storeId: "thirds", changes, now: Date.now, limits };
  const cache = openMemcachedCache(
    servers.map(({ port }) => ({ host: "127.0.0.1", port })),
    options,
  );
  ends.push(() => cache.close());
  await eventually(() => cache.servers.every(({ state }) => state === "up"));
  const links = Array.from({ length: 3000 }, (_, i) => sampleLink(`link-${i}`));
  for (let i = 0; i < links.length; i += 100)
    await Promise.all(links.slice(i, i + 100).map((one) => cache.putIfNewer(one, later())));
  const found = async () => {
    let count = 0;
    for (const one of links) if ((await cache.get(one)) !== undefined) count++;
    return count;
  };
  expect(await found()).toBe(3000);
  await servers[1]?.kill9();
  await eventually(() => cache.servers[1]?.state === "down");
  const left = await found();
  expect(left).toBeGreaterThan(1700);
  expect(left).toBeLessThan(2300);
}, 20_000);
