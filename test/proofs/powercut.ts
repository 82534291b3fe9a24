/**
 * Promise 1: an acknowledged create, edit or delete survives loss of power.
 *   npm run proof -- powercut [--cuts 30] [--clients 16] [--workers 4] [--seed N] [--mutant NAME]
 * With `--mutant synchronous-normal` it must find losses, or a server that refuses to start.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CrashResult, crashRounds, isClean, summaryOf } from "../ledger/crashes.ts";
import { PowercutDisk } from "../powercut/mount.ts";
import { startServer } from "../server.ts";

export interface PowercutProofOptions {
  readonly cuts?: number;
  readonly clients?: number;
  readonly workers?: number;
  /** Decides what the clients do and when they are interrupted; another one each time by default. */
  readonly seed?: number;
  /** Switched on in the server (`CURT_MUTANT`). */
  readonly mutant?: string;
  readonly log?: (line: string) => void;
}

/**
 * The same as the kill proof over a disk that forgets what was not synced. At every other cut a third of the blocks
 * that were not synced is there all the same, as after a real one. Throws where `whyNoPowercut` says so.
 */
export async function powercutProof(options: PowercutProofOptions = {}): Promise<CrashResult> {
  const { cuts = 30, clients = 16, workers = 4, mutant, log = console.log } = options;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const disk = await PowercutDisk.mount({ seed });
  try {
    const server = await startServer({
      args: ["--workers", `${workers}`],
      dataDir: join(disk.path, "data"),
      env: mutant === undefined ? {} : { CURT_MUTANT: mutant },
    });
    try {
      const crash = async () => {
        disk.cut();
        await server.kill9();
      };
      const repair = (round: number) => disk.powerOn({ early: round % 2 === 1 ? 0.3 : 0, seed: seed + round });
      const result = await crashRounds({ rounds: cuts, clients, seed, server, log, crash, repair });
      log(summaryOf(result, "cuts"));
      return result;
    } finally {
      await server.stop();
    }
  } finally {
    await disk.remove();
  }
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { cuts: text, clients: text, workers: text, seed: text, mutant: text } });
  const { mutant, ...rest } = values;
  const numbers = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value)]));
  process.exitCode = isClean(await powercutProof({ ...numbers, ...(mutant && { mutant }) })) ? 0 : 1;
}
