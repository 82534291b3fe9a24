import { describe, expect, test } from "bun:test";
import { damageProof, damageReport } from "./proofs/damage.ts";

const first = Date.now() % 100_000;
const seeds = (count: number) => Array.from({ length: count }, (_, index) => first + index);

describe("damage", () => {
  test("that changes any answer is found and named, and no wrong target is served", async () => {
    const report = damageReport(await damageProof(seeds(9), { links: 800 }));
    console.log(report.lines.join("\n"));
    expect(report.held).toBe(true);
  }, 120_000);

  test("the proof fails with rows believed without their checksum", async () => {
    const kinds = ["flip a byte in targets"] as const;
    const report = damageReport(await damageProof(seeds(1), { links: 800, kinds, trustRows: true }));
    expect(report.held).toBe(false);
  }, 120_000);

  test("the proof fails without the mark", async () => {
    const kinds = ["cut the log", "put an older database in place"] as const;
    const report = damageReport(await damageProof(seeds(2), { links: 800, kinds, trustFile: true }));
    expect(report.held).toBe(false);
  }, 120_000);
});
