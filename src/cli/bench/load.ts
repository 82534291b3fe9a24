import { Connection, NoAnswer } from "./connection.ts";
import { Latencies } from "./latencies.ts";

/** How long an answer may take, in ms; one that takes longer is an error. */
const patience = 15_000;

/** What a load is. Times in ms. */
export interface Profile {
  readonly users: number;
  /** Over which time the users come, one after the other. */
  readonly ramp: number;
  /** How often each user asks; `undefined`: until `lasts` is over, from the first user's coming on. */
  readonly loops: number | undefined;
  readonly lasts: number;
  /** How long a user waits after an answer. */
  readonly pause: number;
  /** The next request, whole, as it is sent. */
  readonly next: () => string;
  /** Whether an answer of this status is what was hoped for. */
  readonly isGood: (status: number) => boolean;
}

/** One second of a load. */
export interface Second {
  readonly latencies: Latencies;
  users: number;
  errors: number;
}

export interface Outcome {
  readonly all: Latencies;
  readonly seconds: readonly Second[];
  /** How often each status came, or each reason why none did. */
  readonly results: ReadonlyMap<string, number>;
  readonly errors: number;
  /** In ms, from the first request to the last answer. */
  readonly took: number;
  /** How much of the time this program was busy itself, 0 to 1: near 1, it is what was measured. */
  readonly busy: number;
}

/** Carries out a load, until it is done or `signal` ends it. `watch` is called twice a second. */
export async function carryOut(
  url: URL,
  profile: Profile,
  signal: AbortSignal,
  watch: (soFar: Outcome) => void,
): Promise<Outcome> {
  const all = new Latencies();
  const seconds: Second[] = [];
  const results = new Map<string, number>();
  let errors = 0;
  let users = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const second = (): Second => {
    const at = Math.floor((performance.now() - start) / 1000);
    while (seconds.length <= at) seconds.push({ latencies: new Latencies(), users, errors: 0 });
    const now = seconds[at] as Second;
    now.users = Math.max(now.users, users);
    return now;
  };
  const outcome = (): Outcome => {
    const took = performance.now() - start;
    const used = process.cpuUsage(cpu);
    second();
    return { all, seconds, results, errors, took, busy: Math.min(1, (used.user + used.system) / 1000 / took) };
  };

  const user = async (number: number) => {
    await Bun.sleep((number * profile.ramp) / profile.users);
    const connection = new Connection(url);
    users++;
    for (let done = 0; done < (profile.loops ?? Number.POSITIVE_INFINITY) && !signal.aborted; done++) {
      if (profile.loops === undefined && performance.now() - start >= profile.lasts) break;
      const from = performance.now();
      let result: string;
      let good = false;
      try {
        const status = await connection.ask(profile.next(), patience);
        result = `${status}`;
        good = profile.isGood(status);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        result = error.message;
      }
      const took = performance.now() - from;
      const now = second();
      all.add(took);
      now.latencies.add(took);
      results.set(result, (results.get(result) ?? 0) + 1);
      if (!good) {
        errors++;
        now.errors++;
        // A server that refuses at once must not be asked in a tight circle.
        await Bun.sleep(10);
      }
      if (profile.pause > 0) await Bun.sleep(profile.pause);
    }
    users--;
    connection.close();
  };

  const timer = setInterval(() => watch(outcome()), 500);
  try {
    await Promise.all(Array.from({ length: profile.users }, (_, number) => user(number)));
  } finally {
    clearInterval(timer);
  }
  return outcome();
}
