import { expect, test } from "bun:test";
import { isClean } from "./ledger/crashes.ts";
import { whyNoPowercut } from "./powercut/mount.ts";
import { killProof } from "./proofs/kill.ts";
import { powercutProof } from "./proofs/powercut.ts";

const clean = { lost: 0, wrong: 0, resurrected: 0, refusedStart: undefined };
const reason = whyNoPowercut();
if (reason !== undefined) console.log(`Skipped, loss of power: ${reason}`);
// Where everything is promised to run, not being able to is a failure.
const powercutTest = test.skipIf(reason !== undefined && process.env.CI !== "true");

test("nothing acknowledged is lost by kill -9 of everything", async () => {
  const result = await killProof({ rounds: 5 });
  expect(result).toMatchObject({ ...clean, rounds: 5 });
  expect(result.acknowledged).toBeGreaterThan(50);
}, 60_000);

test("with answers before the write, the same finds losses", async () => {
  const result = await killProof({ rounds: 2, mutant: "answer-first" });
  expect(result.lost + result.wrong + result.resurrected).toBeGreaterThan(0);
}, 60_000);

powercutTest(
  "nothing acknowledged is lost by loss of power",
  async () => {
    const result = await powercutProof({ cuts: 3 });
    expect(result).toMatchObject({ ...clean, rounds: 3 });
    expect(result.acknowledged).toBeGreaterThan(30);
  },
  60_000,
);

powercutTest(
  "without the sync before the answer, the same finds losses",
  async () => {
    expect(isClean(await powercutProof({ cuts: 3, mutant: "synchronous-normal" }))).toBe(false);
  },
  60_000,
);
