import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { statOf } from "../deploy/processes/alive.ts";

export { isAlive } from "../deploy/processes/alive.ts";

/** The living children of a process. */
export function childrenOf(parent: number): number[] {
  if (process.platform !== "linux") {
    const found = Bun.spawnSync(["pgrep", "-P", `${parent}`])
      .stdout.toString()
      .trim();
    return found === "" ? [] : found.split("\n").map(Number);
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const { state, ppid } = statOf(pid);
      return ppid === parent && state !== "Z" && state !== "X";
    })
    .sort((a, b) => a - b);
}

/** Those of a server's children that answer requests, whatever else main keeps. */
export function workersOf(main: number): number[] {
  return childrenOf(main).filter((pid) => /\bworker(?:\.ts)?\b/.test(commandOf(pid)));
}

/** The server's one process that counts clicks; `undefined` while there is none. */
export function clerkOf(main: number): number | undefined {
  return childrenOf(main).find((pid) => /\bclerk(?:\.ts)?\b/.test(commandOf(pid)));
}

function commandOf(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return Bun.spawnSync(["ps", "-o", "command=", "-p", `${pid}`]).stdout.toString();
  } catch {
    // It ended just now.
    return "";
  }
}

/** Whether the process listens on the port, by Linux's account; elsewhere it is believed. */
export function listensOn(pid: number, port: number): boolean {
  if (process.platform !== "linux") return true;
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => local.endsWith(suffix) && state === "0A")
    .map((fields) => `socket:[${fields[9]}]`);
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // It ended, or closed one of them, just now.
    return false;
  }
}

/** Waits for something to come true; throws after `limit` ms. */
export async function until(isSo: () => boolean | Promise<boolean>, limit: number): Promise<void> {
  const end = performance.now() + limit;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Did not come true within ${limit} ms: ${isSo}`);
    await Bun.sleep(10);
  }
}
