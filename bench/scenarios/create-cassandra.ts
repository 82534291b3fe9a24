import { Client, types } from "cassandra-driver";
import { startOverCassandra } from "../../test/nodes/over-cassandra.ts";
import { figureOf, ratioOf, short, withSpread } from "../figures.ts";
import { goal, type Scenario } from "../scenario.ts";
import { creates } from "../servers.ts";
import { load } from "../wrk.ts";

const connections = [1, 20, 100] as const;

/** Links made over three Cassandra nodes, beside the driver by itself. */
export const createCassandra: Scenario = {
  name: "create-cassandra",
  about:
    "POST /api/v1/links over three Cassandra nodes with replication 3 on this machine, beside the bare driver that makes a row by the same conditional insert; one Curt with two workers.",
  run: async (bench) => {
    bench.say("starting Cassandra");
    const nodes = await startOverCassandra({ count: 1 });
    bench.later(() => nodes.stop());
    const [server] = nodes.servers;
    const bare = await bareDriver(nodes.store);
    bench.later(() => bare.close());
    const asked = creates(server?.url ?? "", nodes.key, bench);
    const seconds = bench.quick ? 3 : 6;
    bench.say("warming up");
    await load({ ...asked, connections: 20, seconds: 2 * seconds });
    await bare.inserts(20, 2 * seconds);
    const rows: string[][] = [];
    const goals = [];
    for (const count of connections) {
      const ours: number[] = [];
      const theirs: number[] = [];
      const p99: number[] = [];
      for (let round = 0; round < (bench.quick ? 2 : 5); round++) {
        bench.say(`${count} connections, round ${round + 1}`);
        const answered = await load({ ...asked, connections: count, seconds });
        ours.push(answered.requests / answered.seconds);
        p99.push(answered.p99);
        theirs.push(await bare.inserts(count, seconds));
      }
      const ratio = ratioOf(ours, theirs);
      rows.push([`${count}`, ...[figureOf(ours), figureOf(theirs), ratio, figureOf(p99)].map(withSpread)]);
      if (count === 100)
        goals.push(
          goal("create on Cassandra, 100 connections: 0.8 of the bare driver", ratio, { atLeast: 0.8 }, short),
        );
    }
    const columns = ["connections", "Curt, a second", "driver, a second", "ratio", "p99 of Curt, ms"];
    return {
      goals,
      tables: [{ caption: "Creates on three Cassandra nodes", columns, rows }],
      bars: [],
      notes: [
        "Beside the row Curt writes what the link is found by and what the other nodes hear of it; the driver writes the row.",
      ],
    };
  },
};

/** Conditional inserts of rows like those of links, by the driver and nothing else. */
async function bareDriver(url: string) {
  const { host, pathname } = new URL(url.replace("cassandra:", "http:").replace(/\/\/[^/]*,/, "//"));
  const contactPoints = new URL(url.replace("cassandra:", "http:").split(",")[0] ?? "").host;
  const keyspace = pathname.slice(1);
  const client = new Client({
    contactPoints: [contactPoints, host],
    localDataCenter: "datacenter1",
    keyspace,
    queryOptions: { consistency: types.consistencies.localQuorum, serialConsistency: types.consistencies.localSerial },
  });
  await client.connect();
  await client.execute(
    "CREATE TABLE IF NOT EXISTS bare (host text, slug text, version int, doc text, bucket int, pos bigint, writes text, PRIMARY KEY ((host, slug)))",
  );
  const query =
    "INSERT INTO bare (host, slug, version, doc, bucket, pos, writes) VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS";
  const doc = JSON.stringify({
    url: "https://www.example.com/articles/12345678/how-long-addresses-are",
    token: "0".repeat(32),
  });
  let number = 0;
  return {
    /** How many a second, with so many under way at once. */
    async inserts(atOnce: number, seconds: number): Promise<number> {
      const began = performance.now();
      let done = 0;
      const one = async () => {
        while (performance.now() - began < seconds * 1000) {
          const slug = `${(number++).toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
          await client.execute(query, ["", slug, 1, doc, 1, types.Long.fromNumber(number), "w"], { prepare: true });
          done++;
        }
      };
      await Promise.all(Array.from({ length: atOnce }, one));
      return (done / (performance.now() - began)) * 1000;
    },
    close: () => client.shutdown(),
  };
}
