import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../alive.ts";
import { plainEnvironment } from "../environment.ts";

export interface NodeOptions {
  /** Starts its virtual machine; the class and what differs between nodes is added. */
  readonly command: readonly string[];
  /** Data, log, configuration and the id of its process. */
  readonly folder: string;
  readonly address: string;
  /** Clients' port and the nodes' own. */
  readonly port: number;
  readonly storagePort: number;
  readonly seeds: readonly string[];
  /** Where its part of the ring begins. */
  readonly token: string;
}

/** How long a start may take on a busy machine, in ms. */
const startLimit = 120_000;

/** One Cassandra node. It belongs to its folder and not to the process that started it: another may find it there. */
export class CassandraNode {
  readonly address: string;
  readonly #options: NodeOptions;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.address = options.address;
  }

  /** The id of its process; 0 while none runs. */
  get pid(): number {
    try {
      const pid = Number(readFileSync(this.#pidFile, "utf8"));
      return isAlive(pid) && this.#isOurs(pid) ? pid : 0;
    } catch {
      return 0;
    }
  }

  /** Starts the process over the data there is, and does not wait for anything. */
  launch(): void {
    const { folder, command } = this.#options;
    if (this.pid !== 0) throw new Error(`Cassandra on ${this.address} already runs as process ${this.pid}.`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "cassandra.yaml"), this.#configuration());
    const log = openSync(join(folder, "log"), "a");
    const own = [
      `-Dcassandra.config=file://${join(folder, "cassandra.yaml")}`,
      `-Dcassandra.storagedir=${folder}`,
      `-Dcassandra.logdir=${folder}`,
      `-Djava.io.tmpdir=${folder}`,
      `-Dlogback.configurationFile=${join(import.meta.dir, "logback.xml")}`,
    ];
    const child = Bun.spawn(
      ["sh", "-c", startUnlocked, "cassandra", ...command, ...own, "org.apache.cassandra.service.CassandraDaemon"],
      { cwd: folder, env: plainEnvironment(), stdio: ["ignore", log, log], detached: true },
    );
    child.unref();
    closeSync(log);
    writeFileSync(this.#pidFile, `${child.pid}`);
  }

  /** Waits until it answers clients. Throws with the end of its log if it ends or takes longer than 2 minutes. */
  async ready(): Promise<void> {
    const until = Date.now() + startLimit;
    while (!(await this.answers())) {
      if (this.pid === 0) throw new Error(`Cassandra on ${this.address} ended at its start:\n${this.#tail()}`);
      if (Date.now() > until) throw new Error(`Cassandra on ${this.address} does not answer:\n${this.#tail()}`);
      await Bun.sleep(100);
    }
  }

  /** Whether it answers a client's first question within 1 s. */
  async answers(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = setTimeout(() => resolve(false), 1000);
    try {
      const socket = await Bun.connect({
        hostname: this.address,
        port: this.#options.port,
        socket: {
          // Version 4 of the protocol, OPTIONS; the answer is SUPPORTED.
          open: (it) => void it.write(new Uint8Array([4, 0, 0, 0, 5, 0, 0, 0, 0])),
          data: (_, data) => resolve(data[0] === 0x84 && data[4] === 6),
          close: () => resolve(false),
          error: () => resolve(false),
        },
      });
      const answered = await promise;
      socket.end();
      return answered;
    } catch {
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  /** Starts it again over its data, killing with -9 what still runs, and waits until it answers. */
  async restart(): Promise<void> {
    await this.kill9();
    this.launch();
    await this.ready();
  }

  /** Kills it with -9 and waits until it is gone. */
  async kill9(): Promise<void> {
    await this.#end("SIGKILL", 5000);
  }

  /** Ends it in order, within `limit` ms. */
  async terminate(limit: number): Promise<void> {
    await this.#end("SIGTERM", limit);
  }

  /** Stops it with SIGSTOP: its connections stay open and nothing answers. */
  pause(): void {
    this.#signal("SIGSTOP");
  }

  /** Lets it go on. */
  resume(): void {
    this.#signal("SIGCONT");
  }

  async #end(name: NodeJS.Signals, limit: number): Promise<void> {
    const until = Date.now() + limit;
    const { pid } = this;
    if (pid === 0) return;
    process.kill(pid, name);
    while (isAlive(pid)) {
      if (Date.now() > until) throw new Error(`Cassandra on ${this.address} outlives ${name} by ${limit} ms.`);
      await Bun.sleep(5);
    }
  }

  #signal(name: NodeJS.Signals): void {
    if (this.pid === 0) throw new Error(`Cassandra on ${this.address} does not run.`);
    process.kill(this.pid, name);
  }

  /** A number is not enough: it may be another process's by now. */
  #isOurs(pid: number): boolean {
    const command =
      process.platform === "linux"
        ? readFileSync(`/proc/${pid}/cmdline`, "utf8")
        : Bun.spawnSync(["ps", "-o", "command=", "-p", `${pid}`]).stdout.toString();
    // Empty for the moment in which it becomes another program.
    return command === "" || command.includes(this.#options.folder);
  }

  #configuration(): string {
    const { folder, address, port, storagePort, seeds, token } = this.#options;
    const values: Record<string, string> = {
      FOLDER: folder,
      ADDRESS: address,
      PORT: `${port}`,
      STORAGE_PORT: `${storagePort}`,
      SEEDS: seeds.map((one) => `${one}:${storagePort}`).join(","),
      TOKEN: token,
    };
    const template = readFileSync(join(import.meta.dir, "cassandra.yaml.in"), "utf8");
    return template.replace(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? "");
  }

  get #pidFile(): string {
    return join(this.#options.folder, "pid");
  }

  #tail(): string {
    return readFileSync(join(this.#options.folder, "log"), "utf8").slice(-3000);
  }
}

/**
 * Cassandra pins all its memory where it may, which makes 370 MB into 840 MB for nothing. Root always may, unless the
 * right is taken from it.
 */
const startUnlocked = `ulimit -l 64
drop="setpriv --inh-caps=-ipc_lock --bounding-set=-ipc_lock"
$drop true 2>/dev/null && exec $drop "$@"
exec "$@"`;
