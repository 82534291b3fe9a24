import type { Server } from "../server.ts";
import { Client, linksOf } from "./clients.ts";
import { type Fault, Ledger } from "./ledger.ts";
import { seeded } from "./random.ts";

export interface CrashOptions {
  readonly rounds: number;
  /** How many change links at once. */
  readonly clients: number;
  readonly seed: number;
  /** One that is ready. */
  readonly server: Server;
  /** Ends all its processes at once. */
  readonly crash: () => Promise<void>;
  /** What is needed before it can be launched again. */
  readonly repair?: (round: number) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface CrashResult {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly seed: number;
  readonly lost: number;
  readonly wrong: number;
  readonly resurrected: number;
  /** Why the server did not start again after a crash, if it did not. */
  readonly refusedStart: string | undefined;
}

/** How many slugs that a round did not change are looked at after it; after the last round it is all of them. */
const othersJudged = 500;

/**
 * Lets clients change links until the server crashes, starts it again and judges what is there; many times. In every
 * fifth round it crashes once more while it starts.
 */
export async function crashRounds(options: CrashOptions): Promise<CrashResult> {
  const { rounds, seed, server, crash, repair, log } = options;
  const random = seeded(seed);
  const ledger = new Ledger();
  const clients = Array.from({ length: options.clients }, (_, number) => new Client(ledger, server, number, seed));
  const faults: Record<Fault, number> = { lost: 0, wrong: 0, resurrected: 0 };
  const finish = (done: number, refusedStart?: string): CrashResult => {
    const { acknowledged } = ledger.counts;
    return { rounds: done, acknowledged, seed, ...faults, refusedStart };
  };
  for (let round = 1; round <= rounds; round++) {
    const before = ledger.counts.acknowledged;
    const stop = new AbortController();
    const work = clients.map((client) => client.run(stop.signal));
    const milliseconds = Math.round(200 + 1300 * random());
    await Bun.sleep(milliseconds);
    await crash();
    stop.abort();
    await Promise.all(work);
    await repair?.(round);
    let started = 0;
    try {
      if (round % 5 === 0) {
        server.launch();
        await Bun.sleep(300 * random());
        await crash();
        await repair?.(round);
      }
      started = Date.now();
      server.launch();
      await server.ready();
    } catch (error) {
      log(`round ${round}: ${(error as Error).message}`);
      return finish(round, (error as Error).message);
    }
    const ready = Date.now();
    const verdict = await ledger.judge(linksOf(server), round === rounds ? ledger.size : othersJudged, random);
    for (const fault of ["lost", "wrong", "resurrected"] as const) faults[fault] += verdict[fault];
    const { acknowledged, unknown } = ledger.counts;
    log(
      `round ${round}/${rounds}: ${acknowledged - before} acknowledged in ${milliseconds} ms, ${unknown} unknown so far, ` +
        `ready after ${ready - started} ms, ${verdict.checked} of ${ledger.size} judged in ${Date.now() - ready} ms, ` +
        `lost ${verdict.lost}, wrong ${verdict.wrong}, resurrected ${verdict.resurrected}`,
    );
    for (const [fault, example] of Object.entries(verdict.examples)) log(`  ${fault}: ${example}`);
  }
  return finish(rounds);
}

/** Whether nothing was lost, wrong or resurrected, and every start succeeded. */
export function isClean(result: CrashResult): boolean {
  return result.lost + result.wrong + result.resurrected === 0 && result.refusedStart === undefined;
}

/** `what` are the rounds: kills or cuts. */
export function summaryOf(result: CrashResult, what: string): string {
  const { lost, wrong, resurrected, rounds, acknowledged, seed, refusedStart } = result;
  const refused = refusedStart === undefined ? "" : ", and the server did not start again";
  const detail = `${rounds} ${what}, ${acknowledged} acknowledged operations, seed ${seed}`;
  return `lost ${lost}, wrong ${wrong}, resurrected ${resurrected} (${detail})${refused}`;
}
