/** Several nodes on a Cassandra in bad weather (long forms: npm run proof -- cluster, npm run proof -- owners). */
import { describe, expect, test } from "bun:test";
import { need } from "./install.ts";
import * as cluster from "./proofs/cluster.ts";
import * as owners from "./proofs/owners.ts";

describe.skipIf(!need("cassandra", "haproxy"))("two nodes on three Cassandra nodes", () => {
  test("one Cassandra node dies and nobody notices; a second one and the hot links go on; all is well after", async () => {
    const seed = Date.now() % 1_000_000;
    const options = { seconds: 4, connections: 64, pause: 100, seed, log: console.log };
    const result = await cluster.clusterProof(options);
    expect([seed, ...cluster.missed(result)]).toEqual([seed]);
  }, 180_000);

  test("300 races of two nodes for slugs while a replica is stopped: each has one owner", async () => {
    const seed = Date.now() % 1_000_000;
    const result = await owners.ownersProof({ races: 300, atOnce: 16, seed, log: console.log });
    console.log(JSON.stringify(result));
    expect([seed, ...owners.missed(result)]).toEqual([seed]);
  }, 120_000);

  test("without the condition of a write there are slugs with two owners", async () => {
    const options = { races: 30, atOnce: 16, seed: 1, mutant: "unconditional", log: () => undefined };
    expect((await owners.ownersProof(options)).twoOwners).toBeGreaterThan(0);
  }, 120_000);
});
