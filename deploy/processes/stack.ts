import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CassandraNode } from "./cassandra/node.ts";
import { configurationFor } from "./haproxy.ts";
import { type Part, ProcessPart } from "./part.ts";
import { freePort } from "./port.ts";
import { programPath } from "./programs.ts";

const curt = join(import.meta.dir, "..", "..", "bin", "curt");
const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
const tokens = ["-9223372036854775808", "-3074457345618258603", "3074457345618258602"];

/** What stays the same for a folder: its data has some of these ports in it. */
interface Kept {
  /** Where visitors come to. */
  readonly port: number;
  readonly curt: readonly [number, number];
  readonly redis: readonly [number, number];
  readonly cassandra: number;
  readonly storage: number;
}

/**
 * The stack of `compose.yaml`'s profile `cluster` as processes of this machine: HAProxy, two Curt nodes, three Cassandra nodes
 * and a Redis with a replica, all on 127.0.0.0/8, with data, logs and the admin key in one folder.
 */
export class Stack {
  readonly folder: string;
  readonly url: string;
  readonly key: string;
  readonly parts: readonly Part[];

  private constructor(folder: string, kept: Kept, key: string, java: readonly string[], balancer: string) {
    this.folder = folder;
    this.key = key;
    this.url = `http://127.0.0.1:${kept.port}`;
    const [primary, replica] = kept.redis;
    const store = `cassandra://${hosts.map((host) => `${host}:${kept.cassandra}`).join(",")}/curt?replication=3`;
    const env = {
      CURT_STORE: store,
      CURT_STORE_WAIT: "600",
      CURT_CACHE: `redis://127.0.0.1:${primary},127.0.0.1:${replica}`,
      CURT_ADMIN_KEY_FILE: join(folder, "admin.key"),
      CURT_BASE_URL: `http://localhost:${kept.port}`,
      CURT_TRUSTED_PROXIES: "127.0.0.1",
      CURT_WORKERS: "2",
    };
    this.parts = [
      ...hosts.map((host, i) => cassandraPart(`cassandra-${i + 1}`, folder, host, kept, tokens[i] ?? "", java)),
      redisPart("redis", folder, primary, []),
      redisPart("redis-replica", folder, replica, ["--replicaof", "127.0.0.1", `${primary}`]),
      ...kept.curt.map((port, i) => curtPart(`curt-${i + 1}`, folder, port, env)),
      haproxyPart(folder, kept, balancer),
    ];
  }

  /**
   * The stack in `folder`, which is made if it is not there; `port` is for visitors of a new one. `java` are the words that
   * start a Cassandra node: whoever starts none gives none. `balancer` is the file that HAProxy's configuration is made of.
   */
  static open(folder: string, port: number, java: readonly string[], balancer: string): Stack {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "stack.json");
    if (!existsSync(file)) {
      const pair = (): [number, number] => [freePort(), freePort()];
      const kept: Kept = { port, curt: pair(), redis: pair(), cassandra: freePort(), storage: freePort() };
      writeFileSync(file, JSON.stringify(kept));
      const key = `curt_${Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("hex")}`;
      writeFileSync(join(folder, "admin.key"), key, { mode: 0o600 });
    }
    const kept = JSON.parse(readFileSync(file, "utf8")) as Kept;
    return new Stack(folder, kept, readFileSync(join(folder, "admin.key"), "utf8").trim(), java, balancer);
  }

  /** Whether there is one. */
  static exists(folder: string): boolean {
    return existsSync(join(folder, "stack.json"));
  }

  part(name: string): Part | undefined {
    return this.parts.find((one) => one.name === name);
  }

  /** Ends all that runs: who asks before who is asked. */
  async end(): Promise<void> {
    for (const part of [...this.parts].reverse())
      await part.terminate(part.name.startsWith("cassandra") ? 60_000 : 12_000).catch(() => part.kill9());
  }

  /** Removes the folder. Nothing of it may run. */
  wipe(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function cassandraPart(
  name: string,
  folder: string,
  host: string,
  { cassandra, storage }: Kept,
  token: string,
  command: readonly string[],
): Part {
  const node = new CassandraNode({
    command,
    folder: join(folder, name),
    address: host,
    port: cassandra,
    storagePort: storage,
    seeds: hosts,
    token,
  });
  return {
    name,
    address: `${host}:${cassandra}`,
    get pid() {
      return node.pid;
    },
    launch: () => {
      if (node.pid === 0) node.launch();
    },
    answers: () => node.answers(),
    terminate: (limit) => node.terminate(limit),
    kill9: () => node.kill9(),
  };
}

function redisPart(name: string, parent: string, port: number, more: readonly string[]): Part {
  const folder = join(parent, name);
  const save = ["--save", "", "--appendonly", "no", "--maxmemory", "200mb", "--maxmemory-policy", "allkeys-lru"];
  return new ProcessPart({
    name,
    address: `127.0.0.1:${port}`,
    folder,
    command: [program("redis-server"), "--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, ...save, ...more],
    // It renames itself.
    marks: [folder, `:${port}`],
    answers: async () => {
      const client = new Bun.RedisClient(`redis://127.0.0.1:${port}`, {
        connectionTimeout: 1000,
        autoReconnect: false,
      });
      try {
        return (await client.send("PING", [])) === "PONG";
      } finally {
        client.close();
      }
    },
  });
}

function curtPart(name: string, parent: string, port: number, env: Readonly<Record<string, string>>): Part {
  const folder = join(parent, name);
  const data = join(folder, "data");
  return new ProcessPart({
    name,
    address: `127.0.0.1:${port}`,
    folder,
    command: ["sh", curt, "serve", "--port", `${port}`, "--data", data],
    env,
    marks: [data],
    answers: () => ready(`http://127.0.0.1:${port}`),
  });
}

function haproxyPart(parent: string, { port, curt: nodes }: Kept, balancer: string): Part {
  const folder = join(parent, "haproxy");
  const file = join(folder, "haproxy.cfg");
  const addresses = { bind: `127.0.0.1:${port}`, nodes: nodes.map((one) => `127.0.0.1:${one}`) };
  return new ProcessPart({
    name: "haproxy",
    address: `127.0.0.1:${port}`,
    folder,
    prepare: () =>
      writeFileSync(file, configurationFor({ ...addresses, socket: join(folder, "admin.sock") }, balancer)),
    command: [program("haproxy"), "-db", "-f", file],
    marks: [file],
    answers: () => ready(`http://127.0.0.1:${port}`),
  });
}

async function ready(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { keepalive: false, signal: AbortSignal.timeout(1000) });
  return answer.status === 200;
}

function program(name: string): string {
  return programPath(name) ?? name;
}
