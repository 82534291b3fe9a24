import { writeSync } from "node:fs";
import { jsonText } from "../core/safe-json.ts";

/** The levels, the most talkative first; `silent` lets nothing through. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one line. The fields hold no secret; what comes from outside is in them, never in the message. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Lines for whoever runs the server. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

/**
 * Writes messages of at least `least` to standard error: short lines on a terminal, otherwise JSON lines.
 * A logging package would bring its own threads, formats and settings for the few lines a minute that this program has.
 */
export function openLog(
  least: LogLevel,
  write: (line: string) => void = toStandardError,
  terminal = process.stderr.isTTY === true,
): Log {
  const at = (level: LogLevel): LogLine => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return () => {};
    return (message, fields = {}) => write(`${(terminal ? short : json)(level, message, fields)}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function json(level: LogLevel, message: string, fields: object): string {
  const own = { time: new Date().toISOString(), level, message, pid: process.pid };
  // No field takes the place of these.
  return jsonText({ ...own, ...fields, ...own });
}

function short(level: LogLevel, message: string, fields: object): string {
  const time = new Date().toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${jsonText(value)}`);
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
