import { SQL } from "bun";
import { StoreUnavailable } from "../../core/store.ts";
import { storeError, Unsent } from "./failure.ts";

export interface PoolOptions {
  readonly connect: SQL.PostgresOrMySQLOptions;
  /** How the server is called in errors. */
  readonly shown: string;
  /** Connections at most. */
  readonly connections: number;
  /** Calls under way at most; more than connections are sent one behind another, without waiting for answers. */
  readonly underWay: number;
  /** Calls that wait at most; more are refused at once. */
  readonly waiting: number;
  /** How long a call may take, waiting included, in ms. */
  readonly deadline: number;
}

interface Call {
  /** Ticks until whoever called is told that it took too long. */
  left: number;
  /** Ticks that the server has been silent about it. */
  silent: number;
  start(): void;
  fail(error: Error): void;
}

const tick = 50;
/** A server that answers others is given so many deadlines for one call before its connection counts as hung. */
const patience = 4;
/** How often a server that hung is asked whether it is back, in ms. */
const probeEvery = 250;

/**
 * Connections to one server, bounded in number, waiting calls and time. A call whose server is silent ends all
 * connections: from then on calls are refused at once, until a probe is answered.
 */
export class Pool {
  readonly #options: PoolOptions;
  #sql: SQL;
  #underWay = new Set<Call>();
  #waiting: Call[] = [];
  #ticker: Timer | undefined;
  /** Ticks that the server has been silent about everything. */
  #silence = 0;
  #silent = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sql = this.#open();
  }

  /** Why nothing can be asked at all, if so. */
  refusal(): Unsent | undefined {
    const { shown } = this.#options;
    if (this.#closed) return new Unsent(`${shown}: the store was closed.`);
    return this.#silent ? new Unsent(`${shown}: the server does not answer.`) : undefined;
  }

  /**
   * Asks by `work`, which may use one connection for one statement. Throws `StoreUnavailable` after the deadline and
   * whenever the server can't be asked; `Unsent` if nothing was sent. `limit`: a shorter deadline for this call, in ms.
   */
  run<T>(work: (sql: SQL) => Promise<T>, limit = this.#options.deadline): Promise<T> {
    const { shown, underWay, waiting } = this.#options;
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#waiting.length >= waiting)
      return Promise.reject(new Unsent(`${shown}: ${waiting} calls wait for the server already.`));
    return new Promise<T>((resolve, reject) => {
      const call: Call = {
        left: Math.ceil(limit / tick),
        silent: 0,
        start: () => {
          this.#underWay.add(call);
          work(this.#sql).then(
            (value) => {
              this.#end(call);
              resolve(value);
            },
            (error) => {
              this.#end(call);
              reject(storeError(error, shown));
            },
          );
        },
        fail: reject,
      };
      this.#ticker ??= setInterval(() => this.#tick(), tick);
      if (this.#underWay.size < underWay) call.start();
      else this.#waiting.push(call);
    });
  }

  #end(call: Call): void {
    if (!this.#underWay.delete(call)) return;
    this.#silence = 0;
    this.#waiting.shift()?.start();
    if (this.#underWay.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  /** Time is counted in turns of this process, so that the server is not blamed for a process that was stopped or busy. */
  #tick(): void {
    const { shown, deadline } = this.#options;
    let hung = false;
    for (const call of this.#underWay) {
      if (--call.left === 0) call.fail(new StoreUnavailable(`${shown}: the server did not answer in time.`));
      if (++call.silent * tick >= patience * deadline) hung = true;
    }
    if (this.#underWay.size > 0 && ++this.#silence * tick >= deadline) hung = true;
    for (const call of this.#waiting) call.left--;
    if (this.#waiting.some((call) => call.left <= 0)) {
      const late = this.#waiting.filter((call) => call.left <= 0);
      this.#waiting = this.#waiting.filter((call) => call.left > 0);
      for (const call of late) call.fail(new Unsent(`${shown}: the server is too slow.`));
    }
    if (hung) this.#hang();
  }

  #hang(): void {
    const { shown } = this.#options;
    this.#silent = true;
    this.#silence = 0;
    this.#drop(new StoreUnavailable(`${shown}: the server did not answer in time.`));
    const old = this.#sql;
    this.#sql = this.#open();
    void old.close({ timeout: 0 }).catch(() => {});
    void this.#probe();
  }

  async #probe(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#sql`SELECT 1`;
        break;
      } catch {
        await Bun.sleep(probeEvery);
      }
    }
    this.#silent = false;
  }

  /** Ends every call; those that were sent may have happened. */
  #drop(error: StoreUnavailable): void {
    const sent = this.#underWay;
    const waiting = this.#waiting;
    this.#underWay = new Set();
    this.#waiting = [];
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    for (const call of sent) call.fail(error);
    for (const call of waiting) call.fail(new Unsent(error.message));
  }

  #open(): SQL {
    const { connect, connections } = this.#options;
    return new SQL({ ...connect, max: connections, connectionTimeout: 2 });
  }

  /** Waits for calls under way, at most for their deadline. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sql.close({ timeout: this.#options.deadline / 1000 });
    this.#drop(new StoreUnavailable(`${this.#options.shown}: the store was closed.`));
  }
}
