import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "./alive.ts";
import { plainEnvironment } from "./environment.ts";

/** One server of the stack. It belongs to its folder, and not to the command that started it. */
export interface Part {
  readonly name: string;
  /** Host and port. */
  readonly address: string;
  /** The id of its process; 0 while none runs. */
  readonly pid: number;
  /** Starts it over what is in its folder, and waits for nothing. */
  launch(): void | Promise<void>;
  /** Whether it answers, within 1 s. */
  answers(): Promise<boolean>;
  /** Ends it in order; throws if it outlives that by `limit` ms. */
  terminate(limit: number): Promise<void>;
  /** Kills it with -9 and waits until it is gone. */
  kill9(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly address: string;
  /** Output, the id of the process, and what it keeps itself. */
  readonly folder: string;
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** One of these is in the command line of the running process, so that a stale id is not taken for it. */
  readonly marks: readonly string[];
  readonly answers: () => Promise<boolean>;
  /** Writes what it is configured by; before each start. */
  readonly prepare?: () => void;
}

/** A part that is a program with a command line. Linux only: it looks into /proc. */
export class ProcessPart implements Part {
  readonly name: string;
  readonly address: string;
  readonly #options: ProcessOptions;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
  }

  get pid(): number {
    try {
      const pid = Number(readFileSync(this.#pidFile, "utf8"));
      if (!isAlive(pid)) return 0;
      // Empty for the moment in which it becomes another program.
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return line === "" || this.#options.marks.some((mark) => line.includes(mark)) ? pid : 0;
    } catch {
      return 0;
    }
  }

  launch(): void {
    if (this.pid !== 0) return;
    const { folder, command, env, prepare } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    prepare?.();
    const log = openSync(join(folder, "log"), "a");
    const child = Bun.spawn([...command], {
      cwd: folder,
      env: { ...plainEnvironment(), ...env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    child.unref();
    closeSync(log);
    writeFileSync(this.#pidFile, `${child.pid}`);
  }

  async answers(): Promise<boolean> {
    if (this.pid === 0) return false;
    try {
      return await this.#options.answers();
    } catch {
      return false;
    }
  }

  terminate(limit: number): Promise<void> {
    return this.#end("SIGTERM", limit);
  }

  kill9(): Promise<void> {
    return this.#end("SIGKILL", 5000);
  }

  async #end(signal: NodeJS.Signals, limit: number): Promise<void> {
    const { pid } = this;
    const until = Date.now() + limit;
    if (pid !== 0) process.kill(pid, signal);
    while (pid !== 0 && isAlive(pid)) {
      if (Date.now() > until) throw new Error(`${this.name} (process ${pid}) outlives ${signal} by ${limit} ms.`);
      await Bun.sleep(20);
    }
    rmSync(this.#pidFile, { force: true });
  }

  get #pidFile(): string {
    return join(this.#options.folder, "pid");
  }
}
