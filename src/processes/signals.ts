import { readFileSync } from "node:fs";
import type { Log } from "./log.ts";

/** Signals that come within so many ms of the first are one: Ctrl-C reaches the whole group, and npm repeats it. */
const oneWithin = 500;

/** How whoever runs the server asks for its end. */
export interface EndSignals {
  /** Resolves with the name of the first signal. */
  readonly asked: Promise<string>;
  /** Resolves when the end is asked for once more. */
  readonly insisted: Promise<void>;
}

/** Listens for SIGTERM, SIGINT (Ctrl-C) and, unless started under `nohup`, SIGHUP (the terminal is gone). */
export function listenForEnd(): EndSignals {
  const asked = Promise.withResolvers<string>();
  const insisted = Promise.withResolvers<void>();
  let first: number | undefined;
  const take = (name: string) => {
    if (first === undefined) {
      first = performance.now();
      asked.resolve(name);
    } else if (performance.now() - first > oneWithin) insisted.resolve();
  };
  process.on("SIGTERM", () => take("SIGTERM"));
  process.on("SIGINT", () => take("SIGINT"));
  if (!hangUpIgnored()) process.on("SIGHUP", () => take("SIGHUP"));
  return { asked: asked.promise, insisted: insisted.promise };
}

/** A worker stays when its terminal is gone or Ctrl-C reaches the group: main tells it. SIGTERM drains it alone. */
export function listenInWorker(drain: () => void): void {
  process.on("SIGINT", () => {});
  if (!hangUpIgnored()) process.on("SIGHUP", () => {});
  process.on("SIGTERM", drain);
}

/** Nobody knows what state an error leaves behind that nobody caught: the process logs it and ends. */
export function dieLoudly(log: Log): void {
  const die = (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error("An error that nobody expected ends this process.", { why: String(error), stack });
    process.exit(1);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}

/** `nohup` starts a program with SIGHUP ignored, and a handler would undo that. Linux tells; elsewhere it is not known. */
function hangUpIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
