/**
 * Promise 1: an acknowledged create, edit or delete survives `kill -9` of everything.
 *   npm run proof -- kill [--rounds 100] [--clients 16] [--workers 4] [--seed N] [--mutant answer-first]
 */
import { parseArgs } from "node:util";
import { type CrashResult, crashRounds, isClean, summaryOf } from "../ledger/crashes.ts";
import { startServer } from "../server.ts";

export interface KillProofOptions {
  readonly rounds?: number;
  readonly clients?: number;
  readonly workers?: number;
  /** Decides what the clients do and when they are interrupted; another one each time by default. */
  readonly seed?: number;
  /** A mechanism to break: then losses must be found. */
  readonly mutant?: string;
  readonly log?: (line: string) => void;
}

/**
 * Clients make, edit and delete links while the server's whole process group is killed with -9 after 0.2 to 1.5 s and
 * started again; a round takes about 2 s. Nothing acknowledged may be lost.
 */
export async function killProof(options: KillProofOptions = {}): Promise<CrashResult> {
  const { rounds = 100, clients = 16, workers = 4, log = console.log } = options;
  const seed = options.seed ?? Date.now() % 1_000_000;
  const server = await startServer({ args: ["--workers", `${workers}`, "--mutant", options.mutant ?? ""] });
  try {
    const result = await crashRounds({ rounds, clients, seed, server, log, crash: () => server.kill9() });
    log(summaryOf(result, "kills"));
    return result;
  } finally {
    await server.stop();
  }
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { rounds: text, clients: text, workers: text, seed: text, mutant: text } });
  const { mutant = "", ...counts } = values;
  const numbers = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, Number(value)]));
  process.exitCode = isClean(await killProof({ ...numbers, mutant })) ? 0 : 1;
}
