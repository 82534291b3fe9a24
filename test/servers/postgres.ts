import { join } from "node:path";
import { need } from "../install.ts";
import { freePort, plainEnvironment } from "../server.ts";
import { asNobody, Daemon, privateFolder } from "./daemon.ts";

export interface PostgresOptions {
  /** Settings of postgresql.conf, over the defaults (`fsync` and `synchronous_commit` are on). */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A Postgres of its own on a private port, with user `curt`, its password, and an empty database `curt`. */
export class Postgres extends Daemon {
  readonly port: number;
  readonly password: string;
  readonly #folder: string;

  constructor(options: PostgresOptions = {}) {
    const folder = privateFolder("postgres");
    const port = freePort();
    const settings = {
      port: `${port}`,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      // Of the kinds of shared memory the one that leaves nothing outside the folder after kill -9.
      dynamic_shared_memory_type: "mmap",
      ...options.settings,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const ready = () => answers(this.urlOf("postgres"));
    super({
      command: ["postgres", "-D", join(folder, "data"), ...flags],
      folder,
      ready,
      endSignal: "SIGQUIT",
      // Line 7 names a small piece of System V shared memory, which the next start would have removed.
      cleanUp: `[ ! -f "$2/data/postmaster.pid" ] || ipcrm -m "$(sed -n 's/.* //; 7p' "$2/data/postmaster.pid")"`,
    });
    this.port = port;
    this.password = crypto.randomUUID();
    this.#folder = folder;
  }

  /** What `CURT_STORE` takes. */
  get url(): string {
    return this.urlOf("curt");
  }

  /** The address of another database on it. */
  urlOf(database: string): string {
    return `postgres://curt:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes the data folder, starts for the first time and makes the database. */
  async begin(): Promise<void> {
    const words = ["initdb", "-D", join(this.#folder, "data"), "-U", "curt", "-A", "scram-sha-256", "--pwfile"];
    const made = Bun.spawnSync(asNobody([...words, "/dev/stdin", "-E", "UTF8", "--locale=C", "--no-sync"]), {
      cwd: this.#folder,
      env: plainEnvironment(),
      stdin: new TextEncoder().encode(`${this.password}\n`),
    });
    if (made.exitCode !== 0) throw new Error(`initdb failed:\n${made.stderr}`);
    await this.start();
    const sql = new Bun.SQL(this.urlOf("postgres"), { max: 1 });
    await sql`CREATE DATABASE curt`;
    await sql.close();
  }
}

async function answers(url: string): Promise<boolean> {
  const sql = new Bun.SQL(url, { max: 1, connectionTimeout: 1 });
  try {
    await sql`SELECT 1`;
    return true;
  } finally {
    await sql.close();
  }
}

/** A Postgres that is ready. End it with `stop`; it also ends when this process does. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  if (!need("postgres")) throw new Error("Postgres is not installed.");
  const postgres = new Postgres(options);
  try {
    await postgres.begin();
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
