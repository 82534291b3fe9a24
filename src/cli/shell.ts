import { type Command, Option } from "commander";
import { type Config, flagOf, readConfig, type SettingName, settings } from "../config.ts";

/** Ends a command with exit code 1 and one line: what was wrong, and what to do. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  constructor(
    message: string,
    readonly code = "failed",
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Ends a command with exit code 2 and one line: what was found, and what is accepted. */
export class WrongUsage extends Error {
  override readonly name = "WrongUsage";
}

/** What every command is given. */
export interface Context {
  readonly config: Config;
  /** The user asked for JSON. */
  readonly json: boolean;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
}

/** Runs a command and gives its exit code. */
export type Action = (context: Context) => Promise<number>;

const controller = new AbortController();
let interruptedBy: "SIGINT" | "SIGTERM" | undefined;

/** The exit code of a command that was interrupted: 130 after Ctrl-C, 143 after SIGTERM; `undefined` if it was not. */
export function interruptCode(): number | undefined {
  return interruptedBy === undefined ? undefined : interruptedBy === "SIGINT" ? 130 : 143;
}

function listenForInterrupts(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      interruptedBy ??= signal;
      controller.abort();
    });
}

/**
 * Gives a command its settings as flags, `--json`, and what it does.
 * `ownSignals`: the action handles signals itself.
 */
export function complete(
  command: Command,
  names: readonly SettingName[],
  action: Action,
  { ownSignals = false } = {},
): void {
  command.option("--json", "Answer in JSON.");
  const flags = new Map<string, SettingName>();
  for (const name of names) {
    const { shown, meaning, secret } = settings[name];
    const source = secret ? `${name} or ${name}_FILE` : name;
    const option = new Option(`${flagOf(name)} <value>`, `${meaning} Default: ${shown}. Also ${source}.`);
    command.addOption(option.helpGroup("Settings:"));
    flags.set(option.attributeName(), name);
  }
  command.action(async () => {
    const given = Object.entries(command.opts<Record<string, unknown>>()).flatMap(([key, value]) => {
      const name = flags.get(key);
      return name === undefined ? [] : [[name, String(value)] as const];
    });
    const config = readConfig(Object.fromEntries(given));
    if (!ownSignals) listenForInterrupts();
    const json = command.opts<{ json?: boolean }>().json === true;
    process.exitCode = await action({ config, json, interrupted: controller.signal });
  });
}

/** Collects the values of an option that may be given several times. */
export function several(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** A parser for an option that takes a whole number. Throws `WrongUsage`. */
export function wholeNumber(flag: string, least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new WrongUsage(`${flag}: got ${JSON.stringify(value)}, takes a whole number from ${least} to ${most}.`);
  };
}

/** A parser for an option that takes one of some words. Throws `WrongUsage`. */
export function oneOfWords<const T extends string>(flag: string, accepted: readonly T[]): (value: string) => T {
  return (value) => {
    const found = accepted.find((one) => one === value);
    if (found !== undefined) return found;
    throw new WrongUsage(`${flag}: got ${JSON.stringify(value)}, takes ${accepted.join(", ")}.`);
  };
}
