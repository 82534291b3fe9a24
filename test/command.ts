import { join } from "node:path";
import { until } from "./process-list.ts";
import { plainEnvironment, type Server, type ServerOptions, startServer } from "./server.ts";

/** The command, to be run by `sh`. */
export const program = join(import.meta.dir, "..", "bin", "curt");

/** Runs the command to its end, at most 15 s. */
export async function curt(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn(["sh", program, ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 15_000,
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

/** A server of which every worker serves, not only the first. */
export async function startWhole(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer({ args: ["--workers", "2"], ...options });
  await until(() => server.output().includes("Curt on "), 10_000);
  return server;
}

export function portOf(server: Server): number {
  return Number(new URL(server.url).port);
}

/** Whether a new connection is answered. */
export async function healthy(server: Pick<Server, "url">): Promise<boolean> {
  try {
    return (await fetch(`${server.url}/healthz`, { headers: { connection: "close" } })).ok;
  } catch {
    return false;
  }
}
