import { Command, CommanderError } from "commander";
import manifest from "../../package.json";
import { CurtProblem } from "../client/answers.ts";
import { ConfigError } from "../config.ts";
import { jsonText, plain, write } from "./output.ts";
import { CommandFailed, interruptCode, WrongUsage } from "./shell.ts";

/** A file for each command, loaded when the command is named. */
interface CommandFile {
  readonly define: (command: Command) => void;
}

const commands: Readonly<Record<string, readonly [summary: string, load: () => Promise<CommandFile>]>> = {
  serve: ["Serve links and the API.", () => import("./commands/serve.ts")],
  add: ["Make a link.", () => import("./commands/add.ts")],
  get: ["Show a link.", () => import("./commands/get.ts")],
  list: ["List or search links, newest first.", () => import("./commands/list.ts")],
  edit: ["Change a link.", () => import("./commands/edit.ts")],
  remove: ["Delete a link.", () => import("./commands/remove.ts")],
  stats: ["Show how often links were followed.", () => import("./commands/stats.ts")],
  import: ["Bring links in from CSV, JSON Lines or a list of URLs.", () => import("./commands/import.ts")],
  export: ["Write all links as CSV or JSON Lines.", () => import("./commands/export.ts")],
  key: ["List, make and remove API keys.", () => import("./commands/key.ts")],
  backup: ["Copy the embedded store, while serving or not.", () => import("./commands/backup.ts")],
  restore: ["Put a backup in place of the embedded store.", () => import("./commands/restore.ts")],
  migrate: ["Move everything into another store, while serving or not.", () => import("./commands/migrate.ts")],
  bench: ["Load a server from this machine, and show how it does.", () => import("./commands/bench.ts")],
  doctor: ["Check settings, data folder, store and server.", () => import("./commands/doctor.ts")],
};

function commandLine(): Command {
  const program = new Command("curt")
    .description("A URL shortener. `curt serve` starts it, `curt add URL` makes a link.")
    .version(manifest.version, "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Explain the command.")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => void write(text), outputError: () => undefined })
    .addHelpText("after", "\n`curt COMMAND --help` explains a command.");
  for (const [name, [summary]] of Object.entries(commands)) program.command(name).description(summary);
  program.hook("preSubcommand", async (_program, command) => {
    const [, load] = commands[command.name()] ?? [];
    if (load !== undefined) (await load()).define(command);
  });
  return program;
}

/** Runs the command line and gives the exit code: 0 done, 1 failed, 2 wrong usage, 130 after Ctrl-C. */
async function run(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  try {
    const [first, second] = args;
    const asked = first === "help" ? [...(second === undefined ? [] : [second]), "--help"] : args;
    await commandLine().parseAsync(asked.length === 0 ? ["--help"] : [...asked], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const interrupted = interruptCode();
    if (interrupted !== undefined) return interrupted;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return fail(2, error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " "), json);
    }
    if (error instanceof WrongUsage || error instanceof ConfigError) return fail(2, error.message, json);
    if (error instanceof CurtProblem) {
      const { status, code, errors } = error;
      return fail(1, error.message, json, code, code === "no_answer" ? {} : { status, errors });
    }
    if (error instanceof CommandFailed) return fail(1, error.message, json, error.code, error.details);
    return fail(1, error instanceof Error ? error.message : String(error), json);
  }
}

function fail(exitCode: 1 | 2, message: string, json: boolean, code?: string, details = {}): number {
  const shown = code ?? (exitCode === 2 ? "wrong_usage" : "failed");
  // A server's own error goes by its stable code.
  const line = "status" in details ? `${code}: ${message}` : message;
  process.stderr.write(json ? `${jsonText({ code: shown, message, ...details })}\n` : `curt: ${plain(line)}\n`);
  return exitCode;
}

process.exit(await run(process.argv.slice(2)));
