/**
 * `maxClicks` is exact: of visitors who come at once, over all workers and nodes, so many are led on and the rest are told
 * that it is over. When workers are killed while visitors come one after another: never one too many, and missing are at most
 * those who got no answer.
 *   npm run proof -- limit [--store sqlite|postgres|cassandra] [--visitors N] [--clicks N] [--kills N] [--mutant blind-limit]
 * Without `--store`: SQLite with 4 workers, and Cassandra with 2 nodes of 2 workers; each without kills and with.
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { need } from "../install.ts";
import { type Visits, visitAtOnce, visitOneAfterAnother } from "../limit/visitors.ts";
import { startNodes } from "../nodes/nodes.ts";
import { startOverCassandra } from "../nodes/over-cassandra.ts";
import { workersOf } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";

export const limitStores = ["sqlite", "postgres", "cassandra"] as const;

export interface LimitOptions {
  readonly store: (typeof limitStores)[number];
  readonly visitors: number;
  readonly clicks: number;
  /** Workers killed with -9, while visitors come one after another. */
  readonly kills?: number;
  readonly mutant?: string | undefined;
}

export interface LimitResult extends Visits {
  readonly clicks: number;
  readonly kills: number;
  /** Of each node, afterwards, as its API shows the link. */
  readonly states: readonly string[];
  readonly used: number;
  /** Whether the link is in each node's list of what is used up. */
  readonly listed: boolean;
  readonly ms: number;
}

interface Cluster {
  readonly servers: readonly Server[];
  readonly key: string;
  stop(): Promise<void>;
}

export async function limitProof(options: LimitOptions): Promise<LimitResult> {
  const { visitors, clicks, kills: wanted = 0 } = options;
  const { servers, key, stop } = await cluster(options);
  try {
    const [first] = servers;
    if (first === undefined) throw new Error("There is no node.");
    const at = ({ url }: Server) => ({ url, key });
    const link = { url: "https://example.com/", slug: "limited", maxClicks: clicks };
    const made = await ask(at(first), "POST", "/api/v1/links", link);
    if (made.status !== 201) throw new Error(`The link was answered with ${made.status}.`);
    const from = performance.now();
    const kills = wanted === 0 ? undefined : killSome(servers, wanted);
    const visits =
      kills === undefined
        ? await visitAtOnce(servers, "limited", visitors)
        : await visitOneAfterAnother(servers, "limited", () => kills.count === wanted);
    const ms = Math.round(performance.now() - from);
    kills?.stop();
    const shown = await Promise.all(servers.map((server) => whenUsedUp(at(server))));
    return {
      ...visits,
      ...{ clicks, kills: kills?.count ?? 0, ms, states: shown.map((one) => one.state), used: shown[0]?.used ?? 0 },
      listed: shown.every((one) => one.listed),
    };
  } finally {
    await stop();
  }
}

/** What a node says of the link, once its list has it among what is used up (at most 10 s). */
async function whenUsedUp(server: Pick<Server, "url" | "key">) {
  const until = performance.now() + 10_000;
  for (;;) {
    const { body } = await ask<{ state: string; usedClicks: number }>(server, "GET", "/api/v1/links/limited");
    const list = await ask<{ links: { slug: string }[] }>(server, "GET", "/api/v1/links?state=exhausted");
    const listed = list.body.links.some((one) => one.slug === "limited");
    if (listed || performance.now() > until) return { state: body.state, used: body.usedClicks, listed };
    await Bun.sleep(100);
  }
}

async function cluster({ store, mutant }: LimitOptions): Promise<Cluster> {
  if (store === "cassandra") return startOverCassandra({ count: 2, workers: 2, mutant });
  if (store === "postgres") {
    const key = `curt_limit_${crypto.randomUUID().replaceAll("-", "")}`;
    const node = { env: { CURT_ADMIN_KEY: key } };
    const servers = await startNodes({ nodes: [node, node], mutant });
    return { servers, key, stop: async () => void (await Promise.all(servers.map((one) => one.stop()))) };
  }
  const env: Record<string, string> = {
    CURT_STORE: "sqlite",
    ...(mutant === undefined ? {} : { CURT_MUTANT: mutant }),
  };
  const server = await startServer({ args: ["--workers", "4"], env });
  return { servers: [server], key: server.key, stop: () => server.stop() };
}

/** Kills workers at random, one after another, until it has killed so many or is stopped. */
function killSome(servers: readonly Server[], wanted: number) {
  const killer = {
    count: 0,
    running: true,
    stop: () => {
      killer.running = false;
    },
  };
  void (async () => {
    while (killer.running && killer.count < wanted) {
      await Bun.sleep(50 + Math.random() * 150);
      const workers = servers.flatMap((server) => workersOf(server.pid));
      const one = workers[Math.floor(Math.random() * workers.length)];
      if (one === undefined || !killer.running) continue;
      try {
        process.kill(one, "SIGKILL");
        killer.count++;
      } catch {
        // It ended before.
      }
    }
  })();
  return killer;
}

if (import.meta.main) {
  const options = { store: { type: "string" }, visitors: { type: "string" }, clicks: { type: "string" } } as const;
  const { values } = parseArgs({ options: { ...options, kills: { type: "string" }, mutant: { type: "string" } } });
  const chosen = (["sqlite", "postgres", "cassandra"] as const).filter((one) =>
    values.store === undefined ? one !== "postgres" : values.store === one,
  );
  if (chosen.length === 0) throw new Error(`--store: got ${values.store}, takes ${limitStores.join(", ")}.`);
  const { mutant } = values;
  const [visitors, clicks] = [Number(values.visitors ?? 5000), Number(values.clicks ?? 1000)];
  let good = true;
  for (const store of chosen) {
    if (store !== "sqlite" && !need(store)) process.exit(1);
    for (const kills of values.kills === undefined ? [0, 10] : [Number(values.kills)]) {
      // So many that they last longer than the kills; on Cassandra, where a hundred a second are taken, that is true of any number.
      const lasting = kills === 0 || store === "cassandra" ? clicks : 10 * clicks;
      const run = await limitProof({ store, visitors, clicks: lasting, kills, mutant });
      console.log(
        `${store}, ${kills === 0 ? `${visitors} at once` : `${run.kills} kills`}: ${run.redirects} of ${run.clicks} redirects, ${run.gone} gone, ` +
          `${run.refused} refused, ${run.failed} without an answer, ${run.others} others; ${run.used} used, ` +
          `${run.states.join(" and ")}; ${run.ms} ms`,
      );
      const missing = run.clicks - run.redirects;
      good &&= missing >= 0 && missing <= (kills === 0 ? 0 : run.failed) && run.others === 0 && run.listed;
    }
  }
  process.exit(good ? 0 : 1);
}
