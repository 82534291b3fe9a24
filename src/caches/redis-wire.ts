import { RedisClient } from "bun";
import { format, type Value } from "./value.ts";
import { type Connect, type Wire, within } from "./wire.ts";

/** How long a connection may take, in ms. Nobody waits for it but the one who joins the server. */
const connectLimit = 500;

/** The counterpart of `supersedes`, which can't check the checksum: nonsense with a good head is left to expire. */
const putIfNewer = `
local old = redis.call('GET', KEYS[1])
if old then
  local version, kind = string.match(old, '^${format} (%d+) ([rm]) ')
  if version then
    local have, want = tonumber(version), tonumber(ARGV[2])
    if have > want or (have == want and not (kind == 'm' and ARGV[3] == 'r')) then return 0 end
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
return 1`;

const swap = `
local old = redis.call('GET', KEYS[1])
if old and string.sub(old, 1, #ARGV[1]) ~= ARGV[1] then return old end
redis.call('SET', KEYS[1], ARGV[2])
return false`;

/** Connects to `redis://[[user]:password@]host[:port][/db]`, or with TLS to `rediss://…`. */
export function redisConnector(url: string): Connect {
  return async (closed) => {
    const client = new RedisClient(url, {
      connectionTimeout: connectLimit,
      autoReconnect: false,
      enableOfflineQueue: false,
    });
    const wire = new RedisWire(client);
    client.onclose = (error) => {
      if (!wire.ended) closed(error.message);
    };
    try {
      await within(connectLimit, client.connect());
    } catch {
      wire.close();
      // Bun says "Connection closed" for all of these.
      throw new Error("can't connect: nothing listens, it is too slow, it is no Redis, or the password is wrong");
    }
    return wire;
  };
}

class RedisWire implements Wire {
  readonly #client: RedisClient;
  ended = false;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#client.get(key)) ?? undefined;
  }

  async putIfNewer(key: string, { text, version, kind, expiresAt }: Value): Promise<void> {
    // Relative, so that the server's clock does not matter. What has expired already only takes the old away.
    const left = Math.max(1, expiresAt - Date.now());
    await this.#client.send("EVAL", [putIfNewer, "1", key, text, `${version}`, kind, `${left}`]);
  }

  async swap(key: string, prefix: string, text: string): Promise<string | undefined> {
    const there: unknown = await this.#client.send("EVAL", [swap, "1", key, prefix, text]);
    return typeof there === "string" ? there : undefined;
  }

  close(): void {
    this.ended = true;
    this.#client.close();
  }
}
