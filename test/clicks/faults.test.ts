import { describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { exactly } from "./exact.ts";
import { diskFull, killClerk, killGroups, killWorkers, missing, storeDown, withinTurns } from "./faults.ts";

const canMount = process.platform === "linux" && process.getuid?.() === 0;

describe("clicks are counted once", () => {
  test.skipIf(!need("h2load"))("of exactly 20,000 requests over 1,000 links and 4 workers", async () => {
    const { counted, received } = await exactly({ requests: 20_000, links: 1000 });
    expect([counted, received]).toEqual([20_000, 20_000]);
  });

  test("while workers are killed, but for the turn that each was in", async () => {
    const result = await killWorkers({ kills: 4 });
    expect(result.received).toBeGreaterThan(0);
    expect(withinTurns(result)).toBe(true);
  });

  test("while everything is killed at once, but for the turns that they were in", async () => {
    expect(withinTurns(await killGroups({ kills: 2 }))).toBe(true);
  });

  test("while the clerk dies at any stage", async () => {
    expect(missing(await killClerk({ kills: 5 }))).toBe(0);
  });

  test("and are not where the position moves before the store answers: then clicks are lost", async () => {
    expect(missing(await killClerk({ kills: 6, mutant: "position-first" }))).toBeGreaterThan(0);
  });

  test("and are not without the numbers of batches: then clicks are counted twice", async () => {
    expect(missing(await killClerk({ kills: 3, mutant: "no-batch-numbers" }))).toBeLessThan(0);
  });

  test.skipIf(!need("postgres"))("after the store was down", async () => {
    const result = await storeDown({ seconds: 5 });
    expect([missing(result), result.other, result.unanswered]).toEqual([0, 0, 0]);
  });

  // Only root can make a small disk.
  test.skipIf(!canMount)("or counted as lost while the disk is full, and counting resumes by itself", async () => {
    const result = await diskFull({ seconds: 2 });
    expect(result.lost).toBeGreaterThan(0);
    expect([missing(result) - result.lost, result.other, result.unanswered]).toEqual([0, 0, 0]);
  });
});
