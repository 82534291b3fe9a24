import { chownSync, closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lifeline } from "../../deploy/processes/lifeline.ts";
import { programPath } from "../install.ts";
import { childrenOf, isAlive } from "../process-list.ts";
import { plainEnvironment } from "../server.ts";

export interface DaemonOptions {
  /** Started as is, first the program's name; it must stay in the foreground. Its data goes below `folder`. */
  readonly command: readonly string[];
  readonly folder: string;
  /** Whether it answers; asked every 20 ms. May throw, which is a no. */
  readonly ready: () => Promise<boolean>;
  /** The signal that ends it at once and cleanly ("SIGTERM"). */
  readonly endSignal?: NodeJS.Signals;
  /** How long a start may take, in ms (15,000). */
  readonly startLimit?: number;
  /** A shell script for what a kill -9 leaves outside the folder, which is $2. Runs before the folder is removed. */
  readonly cleanUp?: string;
}

/**
 * A foreign server that runs below a test, with all its processes. It ends when the test's process does. Root starts it
 * as `nobody`, since several servers refuse root; its folder must come from `privateFolder`.
 */
export class Daemon {
  readonly #options: DaemonOptions;
  #child: Bun.Subprocess | undefined;
  #callOffLifeline: () => void = () => {};

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** The id of its main process; 0 while none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it and waits until it answers. Throws with the end of its output if it ends or takes too long. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.#name} already runs as process ${this.pid}.`);
    const { folder, startLimit = 15_000 } = this.#options;
    const log = openSync(this.#log, "a");
    const child = Bun.spawn(asNobody(this.#options.command), {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#callOffLifeline = lifeline(`${endOfAll}\n${this.#removal}`, [`${child.pid}`, folder]);
    const until = Date.now() + startLimit;
    while (!(await this.#answers())) {
      if (!isAlive(child.pid)) throw new Error(`${this.#name} ended at its start:\n${this.#tail()}`);
      if (Date.now() > until)
        throw new Error(`${this.#name} does not answer within ${startLimit} ms:\n${this.#tail()}`);
      await Bun.sleep(20);
    }
  }

  /** Kills all its processes with -9 and waits until they are gone (at most 5 s). */
  async kill9(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    // Stopped first, so that the list of its children stays true.
    signal(child.pid, "SIGSTOP");
    const family = familyOf(child.pid);
    for (const pid of family) signal(pid, "SIGKILL");
    const until = Date.now() + 5000;
    while (family.some(isAlive)) {
      if (Date.now() > until) throw new Error(`Processes of ${this.#name} outlive kill -9: ${family.filter(isAlive)}.`);
      await Bun.sleep(2);
    }
    this.#child = undefined;
    this.#callOffLifeline();
  }

  /** Stops all its processes with SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    if (this.#child === undefined) throw new Error(`${this.#name} does not run.`);
    signal(this.pid, "SIGSTOP");
    for (const pid of familyOf(this.pid)) signal(pid, "SIGSTOP");
  }

  /** Lets them go on. */
  resume(): void {
    if (this.#child !== undefined) for (const pid of familyOf(this.pid)) signal(pid, "SIGCONT");
  }

  /** Starts it again over the same data and port, killing with -9 what still runs, and waits until it answers. */
  async restart(): Promise<void> {
    await this.kill9();
    await this.start();
  }

  /** Ends it (after 3 s with -9) and removes its folder. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      this.resume();
      signal(child.pid, this.#options.endSignal ?? "SIGTERM");
      await Promise.race([child.exited, Bun.sleep(3000)]);
      await this.kill9();
    }
    await Bun.spawn(["sh", "-c", this.#removal, "stop", "", this.#options.folder]).exited;
  }

  /** All that it wrote to standard output and standard error. */
  output(): string {
    return readFileSync(this.#log, "utf8");
  }

  async #answers(): Promise<boolean> {
    try {
      return await this.#options.ready();
    } catch {
      return false;
    }
  }

  get #removal(): string {
    return `${this.#options.cleanUp ?? ""}\nrm -rf -- "$2"`;
  }

  get #name(): string {
    return this.#options.command[0] ?? "";
  }

  get #log(): string {
    return join(this.#options.folder, "output");
  }

  #tail(): string {
    return this.output().slice(-2000);
  }
}

/** Runs when the test's process is gone: ends process $1 with its children. */
const endOfAll = `kill -s STOP "$1"
for pid in $(cat "/proc/$1/task/$1/children" 2>/dev/null || pgrep -P "$1") "$1"; do kill -s KILL "$pid"; done`;

/** The command with its program's full path, as `nobody` where this is root. */
export function asNobody(command: readonly string[]): string[] {
  const [name = "", ...args] = command;
  const path = programPath(name);
  if (path === null) throw new Error(`There is no program ${name}.`);
  const nobody = nobodyId();
  if (nobody === undefined) return [path, ...args];
  return ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", path, ...args];
}

/** A new temporary folder that a server started by `Daemon` may write into. */
export function privateFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `curt-${name}-`));
  const nobody = nobodyId();
  if (nobody !== undefined) chownSync(folder, nobody, nobody);
  return folder;
}

/** The user that root becomes; `undefined` for everybody else. */
function nobodyId(): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return Number(Bun.spawnSync(["id", "-u", "nobody"]).stdout.toString().trim());
}

/** A process and all below it. */
function familyOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
