import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "../../src/stores/postgres/store.ts";
import { need } from "../install.ts";
import { type Postgres, startPostgres } from "../servers/postgres.ts";
import type { LossyProxy } from "./lossy-proxy.ts";

export const postgresIsThere = need("postgres");

/** A Postgres for one test file, and the stores that its tests open in it. */
export class PostgresForTests {
  readonly #server: Postgres | undefined;
  readonly #stores: PostgresStore[] = [];
  readonly #sqls: Bun.SQL[] = [];
  #schemas = 0;

  private constructor(server: Postgres | undefined) {
    this.#server = server;
  }

  static async start(): Promise<PostgresForTests> {
    return new PostgresForTests(postgresIsThere ? await startPostgres() : undefined);
  }

  get server(): Postgres {
    if (this.#server === undefined) throw new Error("Postgres is not installed.");
    return this.#server;
  }

  /** The address of an empty store, by way of the proxy if there is one. */
  emptyUrl(proxy?: LossyProxy): string {
    const url = new URL(`${this.server.url}?schema=fault_${++this.#schemas}`);
    if (proxy !== undefined) url.port = String(proxy.port);
    return url.href;
  }

  async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const store = await openPostgresStore(options);
    this.#stores.push(store);
    return store;
  }

  /** A connection of the test's own to the schema of the latest address. */
  direct(): Bun.SQL {
    const sql = new Bun.SQL(this.server.url, { max: 1, connection: { search_path: `fault_${this.#schemas}` } });
    this.#sqls.push(sql);
    return sql;
  }

  /** After each test. */
  async closeAll(): Promise<void> {
    this.#server?.resume();
    await Promise.all(this.#stores.splice(0).map((store) => store.close()));
    await Promise.all(this.#sqls.splice(0).map((sql) => sql.close({ timeout: 1 })));
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}
