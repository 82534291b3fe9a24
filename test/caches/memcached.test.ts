import { afterAll } from "bun:test";
import { describeCache } from "../../src/caches/contract.ts";
import { openMemcachedCache } from "../../src/caches/memcached.ts";
import { startMemcached } from "../servers/memcached.ts";
import { memcachedKeys } from "./memcached-keys.ts";

const servers = await startMemcached(1);
afterAll(() => Promise.all(servers.map((one) => one.stop())));
const [server] = servers;
if (server === undefined) throw new Error("No server.");

describeCache("memcached", () => ({
  open: (options) => openMemcachedCache([{ host: "127.0.0.1", port: server.port }], options),
  keys: () => memcachedKeys(server.port),
  read: async (key) => /^VALUE .*\r\n([\s\S]*)\r\nEND$/.exec(await server.ask(`get ${key}`))?.[1],
  write: async (key, text) => void (await server.ask(`set ${key} 0 0 ${Buffer.byteLength(text)}\r\n${text}`)),
  empty: async () => void (await server.ask("flush_all")),
}));
