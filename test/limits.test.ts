/** `maxClicks` is exact over workers, nodes and deaths (long form: npm run proof -- limit). */
import { describe, expect, test } from "bun:test";
import { need } from "./install.ts";
import { limitProof } from "./proofs/limit.ts";

const whole = { refused: 0, failed: 0, others: 0, listed: true };

test("SQLite, 4 workers: of 1,000 visitors at once exactly 200 are led on", async () => {
  const result = await limitProof({ store: "sqlite", visitors: 1000, clicks: 200 });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ ...whole, redirects: 200, gone: 800, used: 200, states: ["exhausted"] });
}, 60_000);

test("workers killed with -9 meanwhile: never one too many, and missing are at most those without an answer", async () => {
  const result = await limitProof({ store: "sqlite", visitors: 0, clicks: 5000, kills: 6 });
  console.log(JSON.stringify(result));
  expect(result.redirects).toBeLessThanOrEqual(5000);
  expect(5000 - result.redirects).toBeLessThanOrEqual(result.failed);
  // What the dead had read is little: 16 visitors at a time, on four workers.
  expect(result.failed).toBeLessThanOrEqual(6 * 16);
  expect(result).toMatchObject({ kills: 6, others: 0, used: 5000, listed: true });
}, 60_000);

test("without the condition there are too many", async () => {
  let most = 0;
  for (let tries = 0; tries < 5 && most <= 200; tries++)
    most = (await limitProof({ store: "sqlite", visitors: 1000, clicks: 200, mutant: "blind-limit" })).redirects;
  expect(most).toBeGreaterThan(200);
}, 120_000);

describe.skipIf(!need("postgres"))("Postgres", () => {
  test("2 nodes of 2 workers: exactly 200", async () => {
    const result = await limitProof({ store: "postgres", visitors: 1000, clicks: 200 });
    console.log(JSON.stringify(result));
    expect(result).toMatchObject({
      ...whole,
      redirects: 200,
      gone: 800,
      used: 200,
      states: ["exhausted", "exhausted"],
    });
  }, 60_000);
});

describe.skipIf(!need("cassandra"))("Cassandra", () => {
  test("2 nodes of 2 workers: exactly 100", async () => {
    const result = await limitProof({ store: "cassandra", visitors: 500, clicks: 100 });
    console.log(JSON.stringify(result));
    expect(result).toMatchObject({ others: 0, failed: 0, redirects: 100, used: 100, listed: true });
    expect(result.states).toEqual(["exhausted", "exhausted"]);
  }, 180_000);
});
