import { readFileSync } from "node:fs";

/** Whether the process runs. On Linux the dead that nobody has waited for yet don't count. */
export function isAlive(pid: number): boolean {
  if (process.platform === "linux") return !["", "Z", "X"].includes(statOf(pid).state);
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** By Linux's account; of none there is: an empty state. */
export function statOf(pid: number): { state: string; ppid: number } {
  try {
    // "12 (name) S parent group ...": the name may hold anything, parentheses too.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, ppid: Number(ppid) };
  } catch {
    return { state: "", ppid: 0 };
  }
}
