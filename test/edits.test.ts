/** After the answer to an edit nobody is led to the old target (long form: npm run proof -- edits). */
import { expect, test } from "bun:test";
import { editsProof } from "./proofs/edits.ts";

test("30 edits of a hot link under 64 connections: no redirect to an old target", async () => {
  const result = await editsProof({ edits: 30 });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ edits: 30, old: 0, failed: 0 });
  expect(result.redirects).toBeGreaterThan(1000);
}, 60_000);

test("without the broadcast there are redirects to old targets", async () => {
  const result = await editsProof({ edits: 5, mutant: "no-broadcast" });
  console.log(JSON.stringify(result));
  expect(result.old).toBeGreaterThan(0);
}, 60_000);
