import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { childrenOf } from "../test/process-list.ts";

/** Servers run on the first CPU, load on the second. */
export const serverCpu = 0;
export const loadCpu = 1;

/** A process and all below it. */
export function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/** Processor time that processes have used so far, user and system, in µs; it comes in steps of 10 ms. */
export function cpuMicros(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    // "12 (name) S parent ...": the name may hold anything. Threads that have ended are in the sum.
    const stat = fileOr(`/proc/${pid}/stat`, "");
    const [utime = 0, stime = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    ticks += utime + stime;
  }
  return ticks * 10_000;
}

/** Memory of processes in bytes, in which what several of them share counts once (PSS). */
export function pssBytes(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) kilobytes += Number(/^Pss: +(\d+)/m.exec(fileOr(`/proc/${pid}/smaps_rollup`, ""))?.[1] ?? 0);
  return kilobytes * 1024;
}

/** How many files and sockets processes have open. */
export function openFiles(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + listOr(`/proc/${pid}/fd`).length, 0);
}

/** What was measured on, in one line. */
export function machineLine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} CPUs, ${memory} GB, ${process.platform} ${release()}, Bun ${Bun.version}`;
}

/** A process may end while it is looked at. */
function listOr(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function fileOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
