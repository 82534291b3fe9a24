import { afterAll } from "bun:test";
import { describeCache } from "../../src/caches/contract.ts";
import { openRedisCache } from "../../src/caches/redis.ts";
import { startRedis } from "../servers/redis.ts";

const redis = await startRedis();
afterAll(() => redis.stop());

describeCache("redis", () => ({
  open: (options) => openRedisCache([redis.url], options),
  keys: async () => (await redis.ask("KEYS", "*")) as string[],
  read: async (key) => (await redis.ask("GET", key)) as string,
  write: async (key, text) => void (await redis.ask("SET", key, text)),
  empty: async () => void (await redis.ask("FLUSHALL")),
}));
