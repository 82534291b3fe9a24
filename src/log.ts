import { writeSync } from "node:fs";

/** The levels, the most talkative first; `silent` lets nothing through. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line for whoever runs the server. The details hold no secret, and nothing that a visitor sent goes unescaped. */
export type Log = (
  level: Exclude<LogLevel, "silent">,
  message: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

/**
 * Writes messages of at least `least` to standard error: short lines on a terminal, otherwise JSON lines.
 * A logging package would bring its own threads, formats and settings for the few lines a minute that this program has.
 */
export function openLog(
  least: LogLevel,
  write: (line: string) => void = toStandardError,
  terminal = process.stderr.isTTY === true,
): Log {
  const bound = logLevels.indexOf(least);
  return (level, message, details = {}) => {
    if (logLevels.indexOf(level) >= bound) write(`${(terminal ? short : json)(level, message, details)}\n`);
  };
}

function json(level: LogLevel, message: string, details: object): string {
  return JSON.stringify({ time: new Date().toISOString(), level, message, pid: process.pid, ...details });
}

function short(level: LogLevel, message: string, details: object): string {
  const time = new Date().toTimeString().slice(0, 8);
  const rest = Object.entries(details).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${time} ${level === "info" ? "" : `${level}: `}${message}${rest.join("")}`;
}

/** A reader that is gone (closed terminal, ended pipe) must not take the server with it. */
function toStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // There is nobody left to tell.
  }
}
