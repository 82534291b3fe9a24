/** Nobody notices that workers are replaced or that the server is ended (long form: npm run proof -- recycle). */
import { expect, test } from "bun:test";
import { recycleProof, terminateProof } from "./proofs/recycle.ts";

test("4 workers recycled under load: no request fails", async () => {
  const result = await recycleProof({ recycles: 4 });
  console.log(JSON.stringify(result));
  expect(result.failed).toBe(0);
  expect(result.requests).toBeGreaterThan(1000);
}, 60_000);

test("SIGTERM under load: every request that was read is answered", async () => {
  const result = await terminateProof();
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ failed: 0, exitCode: 0 });
  expect(result.answeredAfterSignal).toBeGreaterThan(0);
}, 60_000);

test("without the drain requests fail", async () => {
  expect((await terminateProof({ mutant: "no-drain" })).failed).toBeGreaterThan(0);
}, 60_000);
