import { Client, policies, types } from "cassandra-driver";
import type { CassandraNode } from "../../deploy/processes/cassandra/node.ts";
import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { ask, follow } from "../client.ts";
import type { Asked } from "./mix.ts";
import type { Nodes } from "./over-cassandra.ts";

/** When a node that comes back first answers on its port, and when it first answers a query for which it needs the others. */
interface Return {
  readonly port: number;
  readonly joined: number;
}

/** Starts a node and watches it with a client of the test's own, that asks nobody else. */
export async function comeBack(node: CassandraNode, port: number): Promise<Return> {
  node.launch();
  await node.ready();
  const answers = performance.now();
  const only = [`${node.address}:${port}`];
  const { AllowListPolicy, RoundRobinPolicy } = policies.loadBalancing;
  const open = () =>
    new Client({
      contactPoints: only,
      localDataCenter: "datacenter1",
      policies: { loadBalancing: new AllowListPolicy(new RoundRobinPolicy(), only) },
      queryOptions: { consistency: types.consistencies.all },
      socketOptions: { connectTimeout: 1000, readTimeout: 1000 },
      isMetadataSyncEnabled: false,
    });
  for (;;) {
    const client = open();
    try {
      await client.execute(
        "SELECT keyspace_name FROM system_distributed.view_build_status WHERE keyspace_name='' AND view_name=''",
      );
      return { port: answers, joined: performance.now() };
    } catch {
      await Bun.sleep(50);
    } finally {
      await client.shutdown().catch(() => undefined);
    }
  }
}

/** How many of the creates that were refused, when they are repeated, are not made exactly once. */
export async function repeat({ servers, key, store }: Nodes, refused: readonly Asked[], log: (line: string) => void) {
  let wrong = 0;
  const opened = await openCassandraStore({ url: store });
  const waiting = [...refused];
  const one = async (asked: Asked): Promise<string | undefined> => {
    const { slug, url, idempotencyKey } = asked;
    const headers: Record<string, string> = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
    const body = slug === null ? { url } : { url, slug };
    const server = servers[waiting.length % servers.length] ?? { url: "" };
    const send = () => ask({ url: server.url, key }, "POST", "/api/v1/links", body, headers);
    let answer = await send();
    // Cassandra that has just come back can be slow still: 503 again is an invitation to repeat it again.
    for (let round = 0; answer.status === 503 && round < 5; round++) {
      await Bun.sleep(500);
      answer = await send();
    }
    if (answer.status !== 201 && answer.status !== 409) return `${answer.status}`;
    // It may have been made the first time, which nobody without a key can be told.
    if (answer.status === 409 && slug === null) return "409 with a key";
    const made = await opened.links.findByTarget("", url, 10);
    return made.length === 1 ? undefined : `there are ${made.length} links`;
  };
  const work = async () => {
    for (let asked = waiting.pop(); asked !== undefined; asked = waiting.pop()) {
      const problem = await one(asked);
      if (problem !== undefined && wrong++ < 5) log(`  repeated ${JSON.stringify(asked)}: ${problem}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: 16 }, work));
  } finally {
    await opened.close();
  }
  return wrong;
}

/** How many links are not where they were acknowledged to be, on any node. */
export async function lostOf({ servers }: Nodes, links: ReadonlyMap<string, string>, log: (line: string) => void) {
  let lost = 0;
  const waiting = [...links];
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [slug, url] = next;
      const seen = await Promise.all(servers.map((server) => follow(server, slug)));
      if (seen.every(({ location }) => location === url)) continue;
      if (lost++ < 5) log(`  lost: /${slug} to ${url}: ${seen.map(({ status, location }) => `${status} ${location}`)}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  return lost;
}
