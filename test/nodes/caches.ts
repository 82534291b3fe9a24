import type { TcpProxy } from "../proxy.ts";
import { startMemcached } from "../servers/memcached.ts";
import { startRedis } from "../servers/redis.ts";

export type CacheKind = "redis" | "memcached";

/** Something bad that happens to a cache, and how it ends. */
export interface Weather {
  readonly name: "killed" | "stopped" | "flushed" | "garbage" | "read-only" | "slow";
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** A cache that its visitors reach through a proxy. */
export interface CacheGround {
  readonly weathers: readonly Weather[];
  /** How many values it was asked for so far. */
  gets(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a cache of a kind; `connect` makes the proxy in front of its address. */
export async function startCache(kind: CacheKind, connect: (address: string) => TcpProxy): Promise<CacheGround> {
  return kind === "redis" ? redisGround(connect) : memcachedGround(connect);
}

async function redisGround(connect: (address: string) => TcpProxy): Promise<CacheGround> {
  const redis = await startRedis();
  const proxy = connect(`127.0.0.1:${redis.port}`);
  const readOnly: Weather = {
    name: "read-only",
    begin: () => redis.readOnly(true),
    end: () => redis.readOnly(false),
  };
  return {
    weathers: [...ofServer(redis), ...ofProxy(proxy), flushed(() => redis.ask("FLUSHALL")), readOnly],
    gets: async () => {
      const stats = `${await redis.ask("INFO", "stats")}`;
      return number(/keyspace_hits:(\d+)/, stats) + number(/keyspace_misses:(\d+)/, stats);
    },
    stop: () => redis.stop(),
  };
}

async function memcachedGround(connect: (address: string) => TcpProxy): Promise<CacheGround> {
  const [memcached] = await startMemcached(1);
  if (memcached === undefined) throw new Error("No server.");
  const proxy = connect(memcached.address);
  return {
    weathers: [...ofServer(memcached), ...ofProxy(proxy), flushed(() => memcached.ask("flush_all"))],
    gets: async () => number(/STAT cmd_get (\d+)/, await memcached.ask("stats")),
    stop: () => memcached.stop(),
  };
}

interface Killable {
  kill9(): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
}

function ofServer(server: Killable): Weather[] {
  return [
    { name: "killed", begin: () => server.kill9(), end: () => server.start() },
    { name: "stopped", begin: async () => server.pause(), end: async () => server.resume() },
  ];
}

function ofProxy(proxy: TcpProxy): Weather[] {
  const set = async (change: () => void) => change();
  return [
    {
      name: "garbage",
      begin: () => set(() => (proxy.weather = "garbage")),
      end: () => set(() => (proxy.weather = "pass")),
    },
    { name: "slow", begin: () => set(() => (proxy.delay = 2000)), end: () => set(() => (proxy.delay = 0)) },
  ];
}

function flushed(flush: () => Promise<unknown>): Weather {
  return { name: "flushed", begin: flush, end: async () => {} };
}

function number(pattern: RegExp, text: string): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
