import { redisConnector } from "./redis-wire.ts";
import { SharedCache, type SharedCacheOptions } from "./shared.ts";

/**
 * A cache on Redis (7 or newer, or Valkey). The first address is the primary, which is written and read; the others are
 * its replicas, read while the primary can't be. Addresses are `redis[s]://[[user]:password@]host[:port][/db]`.
 */
export function openRedisCache(urls: readonly string[], options: SharedCacheOptions): SharedCache {
  const [primary, ...replicas] = urls.map((url) => ({ address: new URL(url).host, connect: redisConnector(url) }));
  return new SharedCache(primary === undefined ? [] : [{ ...primary, replicas }], options);
}
