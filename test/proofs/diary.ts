/**
 * The load profiles of the diary of the service that Curt comes after, on Cassandra: users who start one after the other
 * and each make links, one at a time.
 *   npm run proof -- diary [--warm-up 200]
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { quantile, startOverCassandra } from "../nodes/over-cassandra.ts";

export interface Profile {
  readonly users: number;
  /** Over how many seconds they start. */
  readonly over: number;
  readonly creates: number;
  /** What the diary says. */
  readonly diary: string;
}

export interface ProfileResult {
  readonly creates: number;
  readonly averageMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
  readonly errors: number;
}

export const profiles: readonly Profile[] = [
  { users: 20, over: 2, creates: 5, diary: "average 673 ms, max 1374 ms" },
  { users: 100, over: 3, creates: 5, diary: "average 8193 ms, 0.4 % errors" },
];

/** One Curt node with 2 workers on 3 Cassandra nodes with replication 3, after `warmUp` creates. */
export async function diaryProof(options: { warmUp: number; log: (line: string) => void }): Promise<ProfileResult[]> {
  const nodes = await startOverCassandra({ count: 1 });
  const [server] = nodes.servers;
  const results: ProfileResult[] = [];
  try {
    const target = { url: server?.url ?? "", key: nodes.key };
    let number = 0;
    const create = async () => {
      const url = `https://example.org/diary/${number++}`;
      return (await ask(target, "POST", "/api/v1/links", { url })).status;
    };
    for (let left = options.warmUp; left > 0; left -= 10) await Promise.all(Array.from({ length: 10 }, create));
    options.log(`Warm-up: ${options.warmUp} creates, 10 at once.`);
    for (const profile of profiles) {
      const result = await measure(profile, create);
      results.push(result);
      const { users, over, creates, diary } = profile;
      const { averageMs, medianMs, maxMs, errors } = result;
      const share = ((errors / result.creates) * 100).toFixed(1);
      options.log(
        `${users} users over ${over} s, ${creates} creates each: average ${averageMs} ms, median ${medianMs} ms, max ${maxMs} ms, ${share} % errors (diary: ${diary})`,
      );
    }
    return results;
  } finally {
    await nodes.stop();
  }
}

async function measure(profile: Profile, create: () => Promise<number>): Promise<ProfileResult> {
  const took: number[] = [];
  let errors = 0;
  const user = async (number: number) => {
    await Bun.sleep((number * profile.over * 1000) / profile.users);
    for (let i = 0; i < profile.creates; i++) {
      const from = performance.now();
      // An answer that doesn't come within 15 s is an error, too.
      const status = await create().catch(() => 0);
      took.push(performance.now() - from);
      if (status !== 201) errors++;
    }
  };
  await Promise.all(Array.from({ length: profile.users }, (_, number) => user(number)));
  return {
    creates: took.length,
    averageMs: Math.round(took.reduce((sum, one) => sum + one, 0) / took.length),
    medianMs: Math.round(quantile(took, 0.5)),
    maxMs: Math.round(Math.max(...took)),
    errors,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { "warm-up": { type: "string" } } });
  const [twenty, hundred] = await diaryProof({ warmUp: Number(values["warm-up"] ?? 200), log: console.log });
  const better = (twenty?.averageMs ?? 0) < 673 && (hundred?.averageMs ?? 0) < 8193;
  const errors = (twenty?.errors ?? 0) + (hundred?.errors ?? 0);
  console.log(better && errors === 0 ? "Better than the diary, with no error." : "Not better than the diary.");
  process.exit(better && errors === 0 ? 0 : 1);
}
