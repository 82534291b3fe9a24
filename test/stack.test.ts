/** The whole stack as processes of this machine (long form: npm run proof -- stack). */
import { describe, expect, test } from "bun:test";
import { need } from "./install.ts";
import { missed, stackProof } from "./proofs/stack.ts";

describe.skipIf(!need("cassandra", "redis", "haproxy"))("the stack without containers", () => {
  test("comes up by one command, and no GET fails when Redis, a Cassandra node or a Curt node is killed", async () => {
    const result = await stackProof({ seconds: 3, log: console.log });
    console.log(JSON.stringify(result));
    expect(missed(result)).toEqual([]);
  }, 300_000);
});
