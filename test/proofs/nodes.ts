/**
 * Promise 6 on two nodes of 2 workers over one store: an edit shows on its own node at once, on the other within 1 s, and
 * what was before never comes back.
 *   npm run proof -- nodes [--seconds N] [--cache none|redis] [--mutant no-broadcast|no-telling]
 * Without `--cache`: without one and over Redis, and each with the clocks of the nodes alike and 5 s apart.
 * `TEST_STORE` names the store (postgres). With a mutant it must find old targets.
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { startNodes } from "../nodes/nodes.ts";
import { type RaceResult, raceEdits } from "../nodes/race.ts";
import { startRedis } from "../servers/redis.ts";

export interface NodesOptions {
  readonly seconds: number;
  readonly cache: "none" | "redis";
  /** By how many seconds the second node's clock is ahead of the first one's. */
  readonly apart?: number;
  readonly mutant?: string | undefined;
}

export interface NodesResult extends RaceResult {
  /** By how much the clocks of the nodes were apart, by the times that they wrote, in ms. */
  readonly clocksApartMs: number;
}

export async function nodesProof({ seconds, cache, apart = 0, mutant }: NodesOptions): Promise<NodesResult> {
  const redis = cache === "redis" ? await startRedis() : undefined;
  try {
    const one = { cache: redis?.url };
    const nodes = await startNodes({ nodes: [one, { ...one, ahead: apart }], mutant });
    try {
      const read = [];
      for (const node of nodes) {
        const { body } = await ask(node, "POST", "/api/v1/links", { url: "https://example.com/" });
        read.push(Date.parse(body.createdAt) - Date.now());
      }
      const [here = 0, there = 0] = read;
      return { ...(await raceEdits(nodes, seconds * 1000)), clocksApartMs: there - here };
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
    }
  } finally {
    await redis?.stop();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: "string" }, cache: { type: "string" }, mutant: { type: "string" } },
  });
  const caches = (["none", "redis"] as const).filter((one) => values.cache === undefined || values.cache === one);
  if (caches.length === 0) throw new Error(`--cache: got ${values.cache}, takes none or redis.`);
  let good = true;
  for (const cache of caches)
    for (const apart of [0, 5]) {
      const run = await nodesProof({ seconds: Number(values.seconds ?? 60), cache, apart, mutant: values.mutant });
      console.log(
        `cache ${cache}, clocks ${run.clocksApartMs} ms apart: ${run.edits} edits under ${run.redirects} redirects; ` +
          `old on the edit's node ${run.oldHere}; on the other the longest ${run.longestElsewhereMs} ms, ` +
          `over 1 s ${run.lateElsewhere}; came back ${run.comebacks}; failed ${run.failed}; slowest edit ${run.slowestEditMs} ms`,
      );
      good &&= run.oldHere + run.lateElsewhere + run.comebacks + run.failed === 0;
    }
  process.exit(good ? 0 : 1);
}
