/** Two nodes of 2 workers over one Postgres: who sees an edit, and when (long form: npm run proof -- nodes). */
import { describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { nodesProof } from "../proofs/nodes.ts";

const good = { oldHere: 0, lateElsewhere: 0, comebacks: 0, failed: 0 };

describe.skipIf(!need("postgres"))("two nodes over one store", () => {
  test("an edit shows on its node at once, on the other within 1 s, and nothing old comes back", async () => {
    const result = await nodesProof({ seconds: 5, cache: "none" });
    console.log(JSON.stringify(result));
    expect(result).toMatchObject(good);
    expect(result.edits).toBeGreaterThan(10);
  }, 60_000);

  test.skipIf(!need("redis", "faketime"))(
    "so it is with a cache, and clocks that are 5 s apart",
    async () => {
      const result = await nodesProof({ seconds: 5, cache: "redis", apart: 5 });
      console.log(JSON.stringify(result));
      expect(result).toMatchObject(good);
      expect(result.clocksApartMs).toBeGreaterThan(4000);
    },
    60_000,
  );

  test("when the first to read an edit does not tell the others, old targets come back", async () => {
    const result = await nodesProof({ seconds: 3, cache: "none", mutant: "no-telling" });
    console.log(JSON.stringify(result));
    expect(result.comebacks).toBeGreaterThan(0);
  }, 60_000);

  test("when nobody hears of edits, old targets stay", async () => {
    const result = await nodesProof({ seconds: 3, cache: "none", mutant: "no-broadcast" });
    console.log(JSON.stringify(result));
    expect(result.oldHere).toBeGreaterThan(0);
    expect(result.lateElsewhere).toBeGreaterThan(0);
  }, 60_000);
});
