import { readFileSync } from "node:fs";

/** What tells a process from all others that had its number before: when it started, where that is known. */
function startOf(pid: number | "self"): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // "12 (name) S parent ...": the name may hold anything, parentheses too. The start is the 22nd field.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}

/** The first part of the names of the segments that this process writes. */
export function writerName(): string {
  return `${process.pid}-${startOf("self")}`;
}

/** Whether the process that writes a segment of this name may still do so. */
export function writerLives(name: string): boolean {
  const [, pid = "", start = ""] = /^(\d+)-(\d+)-/.exec(name) ?? [];
  if (pid === "" || Number(pid) < 1) return false;
  if (start !== "0") return startOf(Number(pid)) === start;
  try {
    return process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
