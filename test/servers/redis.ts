import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "./daemon.ts";

export interface RedisOptions {
  /** Becomes a replica of this one, and is ready when it has the primary's data. */
  readonly replicaOf?: Redis;
  /** Arguments of redis-server, such as `--maxmemory 1mb`, over the defaults: nothing is written to disk. */
  readonly args?: readonly string[];
}

/** A Redis of its own on a private port. It forgets everything when it is killed, unless `args` say otherwise. */
export class Redis extends Daemon {
  readonly port: number;

  constructor(options: RedisOptions = {}) {
    const folder = privateFolder("redis");
    const port = freePort();
    const primary = options.replicaOf;
    const command = ["redis-server", "--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    // A replica is in step at once, instead of after the 5 s in which others might want the same snapshot.
    command.push("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1");
    if (primary !== undefined) command.push("--replicaof", "127.0.0.1", `${primary.port}`);
    command.push(...(options.args ?? []));
    const ready = async () => {
      const info = await askRedis(`redis://127.0.0.1:${port}`, "INFO", "replication");
      return primary === undefined || `${info}`.includes("master_link_status:up");
    };
    super({ command, folder, ready });
    this.port = port;
  }

  /** What a client takes, and `CURT_CACHE`. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Sends one command on a connection of its own and gives the answer. Waits at most 2 s for the connection. */
  ask(command: string, ...args: string[]): Promise<unknown> {
    return askRedis(this.url, command, ...args);
  }

  /** Makes it refuse writes and answer reads, as a replica that lost its primary does; or writable again. */
  async readOnly(on: boolean): Promise<void> {
    await this.ask("CONFIG", "SET", "min-replicas-to-write", on ? "100" : "0");
  }
}

async function askRedis(url: string, command: string, ...args: string[]): Promise<unknown> {
  const client = new Bun.RedisClient(url, { connectionTimeout: 2000, autoReconnect: false });
  try {
    return await client.send(command, args);
  } finally {
    client.close();
  }
}

/** A Redis that is ready. End it with `stop`; it also ends when this process does. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  if (!need("redis")) throw new Error("Redis is not installed.");
  const redis = new Redis(options);
  try {
    await redis.start();
    return redis;
  } catch (error) {
    await redis.stop();
    throw error;
  }
}
