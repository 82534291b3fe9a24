import { isMainThread } from "node:worker_threads";
import { ownProcesses, ownProcessWord } from "../processes/program.ts";

/**
 * Where the one-file release begins (`npm run build`). One executable is the command line, each process below
 * `curt serve`, and the thread of an import.
 */
const [, , word, name] = process.argv;
if (!isMainThread) await import("./import/commit-thread.ts");
else if (word === ownProcessWord) {
  const own = Object.entries(ownProcesses).find(([known]) => known === name)?.[1];
  if (own === undefined) throw new Error(`There is no process ${name}.`);
  // What follows is for the process, as if its file had been started.
  process.argv.splice(2, 2);
  await own.load();
} else await import("./main.ts");
