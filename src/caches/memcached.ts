import { type MemcachedAddress, memcachedConnector } from "./memcached-wire.ts";
import { SharedCache, type SharedCacheOptions } from "./shared.ts";

/** A cache on one or more Memcached servers, each with its share of the links. A share whose server is away is a miss. */
export function openMemcachedCache(servers: readonly MemcachedAddress[], options: SharedCacheOptions): SharedCache {
  const shares = servers.map((server) => ({
    address: `${server.host}:${server.port}`,
    connect: memcachedConnector(server),
    replicas: [],
  }));
  return new SharedCache(shares, options);
}
