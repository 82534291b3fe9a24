import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainEnvironment } from "../deploy/processes/environment.ts";
import { lifeline } from "../deploy/processes/lifeline.ts";
import { freePort } from "../deploy/processes/port.ts";

export { freePort, plainEnvironment };

const program = join(import.meta.dir, "..", "bin", "curt");

export interface ServerOptions {
  /** Added to the environment; `CURT_` names of the tests' own environment are not handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is started with `serve`: by default the program of this tree. */
  readonly program?: readonly string[];
  /** Arguments after `serve --port P --data DIR`. */
  readonly args?: readonly string[];
  /** By default a new folder, which `stop` removes. */
  readonly dataDir?: string;
  /** How long a start may take, in ms (10,000). */
  readonly startLimit?: number;
  /** Words before the command, such as `taskset -c 0`, which end in an exec. */
  readonly under?: readonly string[];
}

/** A real server, started by `bin/curt serve` as a process group of its own on a private port of 127.0.0.1. */
export class Server {
  readonly url: string;
  readonly key = `curt_test_${crypto.randomUUID().replaceAll("-", "")}`;
  readonly dataDir: string;
  readonly #options: ServerOptions;
  readonly #folder: string;
  #child: Bun.Subprocess | undefined;
  #forgetLifeline: () => void = () => {};

  constructor(options: ServerOptions = {}) {
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), "curt-test-"));
    this.dataDir = options.dataDir ?? join(this.#folder, "data");
    this.url = `http://127.0.0.1:${freePort()}`;
  }

  /** The id of the main process and of its group; 0 while none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the processes and does not wait for anything. */
  launch(): void {
    if (this.#child !== undefined) throw new Error(`The server already runs as process ${this.pid}.`);
    const log = openSync(this.#log, "a");
    const port = new URL(this.url).port;
    const { under = [], program: started = ["sh", program], args = [] } = this.#options;
    const command = [...under, ...started, "serve", "--port", port, "--data", this.dataDir, ...args];
    this.#child = Bun.spawn(command, {
      cwd: this.#folder,
      env: { ...plainEnvironment(), CURT_ADMIN_KEY: this.key, ...this.#options.env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    const temporary = this.#folder;
    this.#forgetLifeline = lifeline('kill -s KILL -- "-$1"; rm -rf -- "$2"', [`${this.pid}`, temporary]);
  }

  /** Waits until `/healthz` answers. Throws with the end of the output if the server ends or takes too long. */
  async ready(): Promise<void> {
    const until = Date.now() + (this.#options.startLimit ?? 10_000);
    while (Date.now() < until) {
      const child = this.#child;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null)
        throw new Error(`The server ended with ${child?.exitCode ?? child?.signalCode}:\n${this.#tail()}`);
      if (await this.#alive()) return;
      await Bun.sleep(10);
    }
    throw new Error(`The server did not answer /healthz in time:\n${this.#tail()}`);
  }

  async #alive(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(1000), keepalive: false });
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** Kills the whole group with -9 and waits until every process of it is gone (at most 5 s). */
  async kill9(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#signalGroup(child.pid);
    await child.exited;
    const until = Date.now() + 5000;
    while (groupLives(child.pid)) {
      if (Date.now() > until) throw new Error(`Processes of group ${child.pid} outlive kill -9.`);
      this.#signalGroup(child.pid);
      await Bun.sleep(2);
    }
    this.#child = undefined;
    this.#forgetLifeline();
  }

  /** Starts again over the same folder and port, killing with -9 what still runs, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.kill9();
    this.launch();
    await this.ready();
  }

  /** Sends SIGTERM to the main process, waits for its end (at most `limit` ms, then -9) and gives its exit code. */
  async terminate(limit = 10_000): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    child.kill("SIGTERM");
    await Promise.race([child.exited, Bun.sleep(limit)]);
    const code = child.exitCode;
    await this.kill9();
    return code;
  }

  /** Waits for the end of the main process after a signal of the test's own (at most `limit` ms), gives its exit code. */
  async ended(limit: number): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    await Promise.race([child.exited, Bun.sleep(limit)]);
    return child.exitCode;
  }

  /** Ends everything at once and removes the temporary folder. */
  async stop(): Promise<void> {
    await this.kill9();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** All that every start so far wrote to standard output and standard error. */
  output(): string {
    return readFileSync(this.#log, "utf8");
  }

  get #log(): string {
    return join(this.#folder, "output");
  }

  #tail(): string {
    return this.output().slice(-2000);
  }

  #signalGroup(group: number): void {
    try {
      process.kill(-group, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/**
 * A server that is ready. End it with `stop`; it also ends when this process does. With `TEST_STORE=postgres` in the
 * tests' environment it has that store, where the test names no other.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { storeForTests } = await import("./servers/store.ts");
  const server = new Server({ ...options, env: { ...(await storeForTests()), ...options.env } });
  try {
    server.launch();
    await server.ready();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Whether a process of the group runs. On Linux the dead that nobody has waited for yet don't count. */
function groupLives(group: number): boolean {
  if (process.platform === "linux")
    return readdirSync("/proc").some((name) => /^\d+$/.test(name) && inGroup(name, group));
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

function inGroup(process: string, group: number): boolean {
  try {
    // "12 (name) S parent group ...": the name may hold anything, parentheses too.
    const stat = readFileSync(`/proc/${process}/stat`, "utf8");
    const [state, , id] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return id === `${group}` && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}
