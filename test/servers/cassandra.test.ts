import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, types } from "cassandra-driver";
import { need } from "../install.ts";
import { isAlive, until } from "../process-list.ts";
import { type Cassandra, startCassandra } from "./cassandra.ts";

describe.skipIf(!need("cassandra"))("a Cassandra for tests", () => {
  const keyspace = `servers_${crypto.randomUUID().replaceAll("-", "")}`;
  let cluster: Cassandra;
  let client: Client;

  function connect(): Client {
    return new Client({
      contactPoints: cluster.contactPoints,
      localDataCenter: "datacenter1",
      queryOptions: { prepare: true, consistency: types.consistencies.localQuorum },
      socketOptions: { readTimeout: 3000 },
    });
  }

  beforeAll(async () => {
    cluster = await startCassandra();
    client = connect();
    // One copy of each row: what a node forgets is lost.
    await client.execute(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
    );
    await client.execute(`CREATE TABLE ${keyspace}.kept (word text PRIMARY KEY)`);
  });

  afterAll(async () => {
    await cluster.heal();
    await client.execute(`DROP KEYSPACE ${keyspace}`);
    await client.shutdown();
  });

  const count = async () => (await client.execute(`SELECT word FROM ${keyspace}.kept`)).rowLength;

  test("has three nodes that know each other, and is the same one when asked for again", async () => {
    expect(cluster.nodes.map((node) => isAlive(node.pid))).toEqual([true, true, true]);
    expect((await client.execute("SELECT peer FROM system.peers_v2")).rowLength).toBe(2);
    expect(await startCassandra()).toBe(cluster);
  });

  test("goes on when a node is stopped", async () => {
    const [first, second] = cluster.nodes;
    first?.pause();
    // Threads of it that run at that moment may still end what they are at.
    await until(async () => !(await first?.answers()), 10_000);
    expect(await second?.answers()).toBe(true);
    first?.resume();
    await first?.ready();
  });

  test("keeps what each node acknowledged before kill -9", async () => {
    let acknowledged = 0;
    let stopping = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !stopping; i++) {
        try {
          await client.execute(`INSERT INTO ${keyspace}.kept (word) VALUES (?)`, [`${writer}-${i}`]);
          acknowledged++;
        } catch {
          // Unknown, so nothing that was promised. The driver fails at once while it knows no node.
          await Bun.sleep(20);
        }
      }
    });
    while (acknowledged < 300) await Bun.sleep(5);
    const pids = cluster.nodes.map((node) => node.pid);
    await Promise.all(cluster.nodes.map((node) => node.kill9()));
    stopping = true;
    await Promise.all(writers);
    expect(pids.filter(isAlive)).toEqual([]);
    await client.shutdown();

    await cluster.heal();
    client = connect();
    expect(await count()).toBeGreaterThanOrEqual(acknowledged);
  });
});
