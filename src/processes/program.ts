import { join } from "node:path";

/** What runs as a process of its own below `curt serve`, or as a thread of a command, each with the file that it is. */
export const ownProcesses = {
  worker: { file: "worker.ts", load: () => import("./worker.ts") },
  clerk: { file: "clerk.ts", load: () => import("./clerk.ts") },
  "slug-scan": { file: "slug-scan.ts", load: () => import("./slug-scan.ts") },
  scrub: { file: "scrub-process.ts", load: () => import("./scrub-process.ts") },
} as const;
export type ProcessName = keyof typeof ownProcesses;

/** The first argument of a process that the one-file release starts as itself again. No command is called so. */
export const ownProcessWord = "--curt-process";

/** Whether this program is the one-file release, in which the files are not to be found by themselves. */
export const isOneFile = import.meta.dir.startsWith("/$bunfs/");

/** The words that start a process of the program. */
export function ownProcess(name: ProcessName, ...args: readonly string[]): string[] {
  if (isOneFile) return [process.execPath, ownProcessWord, name, ...args];
  return [process.execPath, join(import.meta.dir, ownProcesses[name].file), ...args];
}
