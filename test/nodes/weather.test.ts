/** Caches in bad weather, under visitors whose links are cold in memory (long form: npm run proof -- weather). */
import { describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { faultsOf, type WeatherOptions, weatherProof } from "../proofs/weather.ts";

/** What is wrong with each weather; prints what was measured. */
async function faults(options: Omit<WeatherOptions, "duration">): Promise<string[]> {
  const results = await weatherProof({ ...options, duration: 1000 });
  for (const result of results) console.log(JSON.stringify(result));
  return results.flatMap((result) => faultsOf(result, false).map((fault) => `${result.weather}: ${fault}`));
}

describe.skipIf(!need("postgres", "redis", "memcached"))("a cache in front of Postgres", () => {
  test("Redis stopped, made read-only: redirects go on, and none to an old target", async () => {
    expect(await faults({ cache: "redis", weathers: ["stopped", "read-only"] })).toEqual([]);
  }, 120_000);

  test("Memcached killed, answering rubbish, slow: redirects go on, and none to an old target", async () => {
    expect(await faults({ cache: "memcached", weathers: ["killed", "garbage", "slow"] })).toEqual([]);
  }, 120_000);

  test("without the breaker visitors wait for it", async () => {
    const found = await faults({ cache: "redis", weathers: ["stopped"], mutant: "no-breaker" });
    expect(found).toContain("stopped: half of the redirects waited for the cache");
  }, 60_000);

  test("when it is believed as it returns, and against what was heard, there are old targets", async () => {
    const found = await faults({ cache: "redis", weathers: ["stopped"], mutant: "no-replay,no-hearing" });
    expect(found).toEqual([expect.stringMatching(/^stopped: \d+ redirects went to an old target/)]);
  }, 60_000);
});
