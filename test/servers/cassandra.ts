import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client, policies, types } from "cassandra-driver";
import { cacheFolder, javaCommand } from "../../deploy/processes/cassandra/install.ts";
import { CassandraNode } from "../../deploy/processes/cassandra/node.ts";
import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { endKeeper, keepFor, takeFor, usedByAnother } from "./cassandra-keeper.ts";

const folder = join(cacheFolder, "cluster");
const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
const tokens = ["-9223372036854775808", "-3074457345618258603", "3074457345618258602"];

/** Three Cassandra nodes with replication 3 in mind: each owns a third of the ring. Data centre `datacenter1`. */
export class Cassandra {
  readonly port: number;
  readonly nodes: readonly CassandraNode[];

  constructor(command: readonly string[], ports: Ports) {
    this.port = ports.port;
    this.nodes = addresses.map(
      (address, i) =>
        new CassandraNode({
          command,
          folder: join(folder, `node${i + 1}`),
          address,
          ...ports,
          seeds: addresses,
          token: tokens[i] ?? "",
        }),
    );
  }

  /** Host and port of each node. */
  get contactPoints(): string[] {
    return addresses.map((address) => `${address}:${this.port}`);
  }

  /** What `CURT_STORE` takes: the program makes the keyspace. */
  urlOf(keyspace: string): string {
    return `cassandra://${this.contactPoints.join(",")}/${keyspace}`;
  }

  /**
   * Makes the cluster whole: starts what is dead, continues what is stopped, and waits until every node reaches every
   * other. A test that hurt it calls this at its end.
   */
  async heal(): Promise<void> {
    for (const node of this.nodes) {
      if (node.pid === 0) node.launch();
      else node.resume();
    }
    await Promise.all(this.nodes.map((node) => node.ready()));
    await Promise.all(this.nodes.map((node) => this.#reachesAll(node)));
  }

  /** Asks it for something that all three have to agree on. */
  async #reachesAll(node: CassandraNode): Promise<void> {
    const only = [`${node.address}:${this.port}`];
    const client = new Client({
      contactPoints: only,
      localDataCenter: "datacenter1",
      policies: {
        loadBalancing: new policies.loadBalancing.AllowListPolicy(new policies.loadBalancing.RoundRobinPolicy(), only),
      },
      queryOptions: { consistency: types.consistencies.all },
    });
    const until = Date.now() + 60_000;
    try {
      for (;;) {
        try {
          await client.execute(
            "SELECT keyspace_name FROM system_distributed.view_build_status WHERE keyspace_name='' AND view_name=''",
          );
          return;
        } catch (error) {
          if (Date.now() > until) throw error;
          await Bun.sleep(100);
        }
      }
    } finally {
      await client.shutdown();
    }
  }
}

interface Ports {
  readonly port: number;
  readonly storagePort: number;
}

let running: Promise<Cassandra> | undefined;

/**
 * The cluster of this clone, whole and for this process alone: one that runs is taken over with what is in it (so each
 * test takes a keyspace of its own), otherwise an empty one is started. It stays when this process ends, for ten
 * minutes or until `endCassandra`.
 */
export function startCassandra(): Promise<Cassandra> {
  running ??= start();
  return running;
}

async function start(): Promise<Cassandra> {
  if (!need("cassandra")) throw new Error("Java 17 or Maven is not installed.");
  const command = await javaCommand();
  mkdirSync(folder, { recursive: true });
  await takeFor(folder, 300_000);
  const cluster = new Cassandra(command, ports());
  keepFor(folder);
  await cluster.heal();
  return cluster;
}

/** The same ports as long as the cluster's folder exists: they are in its data. */
function ports(): Ports {
  const file = join(folder, "ports.json");
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ port: freePort(), storagePort: freePort() }));
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Whether there is a cluster of this clone, in whatever state. */
export function cassandraRuns(): boolean {
  return existsSync(folder);
}

/** Ends the cluster and removes its data; does nothing if there is none, or if another process uses it. */
export async function endCassandra(): Promise<void> {
  if (!existsSync(folder) || usedByAnother(folder)) return;
  endKeeper(folder);
  if (existsSync(join(folder, "ports.json")))
    await Promise.all(new Cassandra([], ports()).nodes.map((node) => node.kill9()));
  rmSync(folder, { recursive: true, force: true });
  running = undefined;
}
