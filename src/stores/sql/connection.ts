import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { StoreUnavailable } from "../../core/store.ts";
import { storeError } from "./failure.ts";

/**
 * One connection to the database file `path` with its prepared statements. Errors of SQLite come out as
 * `StoreUnavailable` or `StoreDamaged`; after `close` every use throws `StoreUnavailable`.
 */
export class Connection {
  readonly path: string;
  readonly db: Database;
  readonly #statements: { finalize(): void }[] = [];
  #closed = false;

  /** `cacheBytes`: how much of the file is kept in memory. The file must exist. */
  constructor(path: string, options: { readonly write: boolean; readonly cacheBytes: number }) {
    this.path = path;
    try {
      this.db = new Database(
        path,
        options.write ? { readwrite: true, strict: true } : { readonly: true, strict: true },
      );
    } catch (error) {
      throw storeError(error, path);
    }
    this.use(() => {
      this.db.run("PRAGMA busy_timeout = 200");
      this.db.run(`PRAGMA cache_size = -${Math.ceil(options.cacheBytes / 1024)}`);
    });
  }

  /** A statement that lives as long as the connection. */
  prepare<Row, Params extends SQLQueryBindings[]>(sql: string): Statement<Row, Params> {
    return this.use(() => {
      const statement = this.db.prepare(sql) as unknown as Statement<Row, Params>;
      this.#statements.push(statement);
      return statement;
    });
  }

  use<T>(work: () => T): T {
    if (this.#closed) throw new StoreUnavailable(`${this.path}: the store was closed.`);
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  /** What `work` reads is of one moment. */
  snapshot<T>(work: () => T): T {
    return this.use(() => {
      this.db.run("BEGIN");
      try {
        return work();
      } finally {
        this.db.run("COMMIT");
      }
    });
  }

  /** Like `snapshot`, over a longer time. Nothing else may be read as of another moment meanwhile. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.use(() => this.db.run("BEGIN"));
    try {
      return await work();
    } catch (error) {
      throw storeError(error, this.path);
    } finally {
      this.use(() => this.db.run("COMMIT"));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const statement of this.#statements) statement.finalize();
    this.db.close(true);
  }
}
