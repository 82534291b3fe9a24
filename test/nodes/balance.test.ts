/** Two nodes behind the load balancer, killed and restarted under load (long form: npm run proof -- balance). */
import { describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { balanceProof } from "../proofs/balance.ts";

describe.skipIf(!need("postgres", "haproxy"))("two nodes behind the load balancer", () => {
  test("kill -9 costs no GET, rolling restarts cost no request", async () => {
    const { killed, rolled, exitCodes, warnings } = await balanceProof({ kills: 2, rolls: 1 });
    console.log(killed, rolled, exitCodes, warnings);
    expect(killed.failed).toEqual([]);
    expect(rolled.failed).toEqual([]);
    expect(exitCodes).toEqual([0, 0]);
    expect(killed.gets).toBeGreaterThan(1000);
    expect(rolled.creates).toBeGreaterThan(20);
  }, 120_000);

  test("without the drain, and without second tries, requests fail", async () => {
    const edit = (text: string) =>
      text.replace(/^ +(retry-on|option redispatch) .*$/gm, "").replace("retries 3", "retries 0");
    const { killed, rolled } = await balanceProof({ kills: 1, rolls: 1, mutant: "no-drain", edit });
    console.log(killed.failed.length, rolled.failed.length);
    expect(killed.failed.length).toBeGreaterThan(0);
    expect(rolled.failed.length).toBeGreaterThan(0);
  }, 120_000);
});
