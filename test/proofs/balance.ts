/**
 * Two nodes behind the load balancer of `deploy/haproxy`, over one store: a node killed with -9 costs no GET, and a rolling
 * restart of both costs no request at all.
 *   npm run proof -- balance [--kills N] [--rolls N] [--mutant no-drain]
 * `TEST_STORE` names the store (postgres). With the mutant requests must fail.
 */
import { parseArgs } from "node:util";
import { startNodes } from "../nodes/nodes.ts";
import { bothUp, makeLink, Visitors, type Visits } from "../nodes/rolling.ts";
import type { Server } from "../server.ts";
import { type Haproxy, type HaproxyOptions, startHaproxy } from "../servers/haproxy.ts";

export interface BalanceOptions {
  readonly kills: number;
  readonly rolls: number;
  readonly mutant?: string | undefined;
  readonly edit?: HaproxyOptions["edit"];
}

export interface BalanceResult {
  readonly killed: Visits;
  readonly rolled: Visits;
  /** Of the nodes that were ended with SIGTERM, one for each. */
  readonly exitCodes: readonly (number | null)[];
  /** What the nodes warned of. */
  readonly warnings: readonly string[];
}

const key = "curt_key_of_all_nodes_of_this_test";

export async function balanceProof({ kills, rolls, mutant, edit }: BalanceOptions): Promise<BalanceResult> {
  const env = { CURT_ADMIN_KEY: key, CURT_TRUSTED_PROXIES: "127.0.0.1" };
  const nodes = await startNodes({ nodes: [{ env }, { env }], mutant });
  try {
    const balancer = await startHaproxy({
      nodes: nodes.map((node) => new URL(node.url).host),
      ...(edit === undefined ? {} : { edit }),
    });
    try {
      await makeLink(nodes.map(({ url }) => ({ url, key })));
      const killed = await kill(balancer, nodes, kills);
      const rolled = await roll(balancer, nodes, rolls);
      const lines = nodes.flatMap((node) => node.output().split("\n"));
      return { killed, ...rolled, warnings: lines.filter((line) => /"level":"(warn|error)"/.test(line)) };
    } finally {
      await balancer.stop();
    }
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** Kills one node after the other with -9, each when both are in use, and starts it again. */
async function kill(balancer: Haproxy, nodes: readonly Server[], times: number): Promise<Visits> {
  await bothUp(balancer);
  const visitors = new Visitors(balancer, key, 0);
  for (let i = 0; i < times; i++) {
    const node = nodes[i % nodes.length];
    await Bun.sleep(500);
    visitors.step(`kill ${i + 1}`);
    await node?.kill9();
    await Bun.sleep(1000);
    visitors.step(`start ${i + 1}`);
    await node?.restart();
    await bothUp(balancer);
  }
  await Bun.sleep(500);
  return visitors.end();
}

/** Ends each node with SIGTERM and starts it again, one after the other, `times` times. */
async function roll(balancer: Haproxy, nodes: readonly Server[], times: number) {
  await bothUp(balancer);
  const visitors = new Visitors(balancer, key, 4);
  const exitCodes: (number | null)[] = [];
  for (let i = 0; i < times; i++)
    for (const [index, node] of nodes.entries()) {
      await Bun.sleep(300);
      visitors.step(`SIGTERM of node ${index + 1}, roll ${i + 1}`);
      exitCodes.push(await node.terminate());
      visitors.step(`start of node ${index + 1}, roll ${i + 1}`);
      await node.restart();
      await bothUp(balancer);
    }
  await Bun.sleep(500);
  return { rolled: await visitors.end(), exitCodes };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { kills: { type: "string" }, rolls: { type: "string" }, mutant: { type: "string" } },
  });
  const { killed, rolled, exitCodes, warnings } = await balanceProof({
    kills: Number(values.kills ?? 4),
    rolls: Number(values.rolls ?? 10),
    mutant: values.mutant,
  });
  for (const [name, { gets, creates, failed }] of Object.entries({ "kill -9": killed, "rolling restarts": rolled })) {
    console.log(`${name}: ${gets} GETs, ${creates} creates, ${failed.length} failed`);
    for (const one of failed.slice(0, 20)) console.log(`  ${one}`);
  }
  for (const warning of warnings) console.log(warning);
  console.log(`exit codes after SIGTERM: ${exitCodes.join(" ")}`);
  process.exit(killed.failed.length + rolled.failed.length === 0 && exitCodes.every((code) => code === 0) ? 0 : 1);
}
