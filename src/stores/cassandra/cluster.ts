import type { Client, QueryOptions } from "cassandra-driver";
import { types } from "cassandra-driver";
import { StoreUnavailable } from "../../core/store.ts";
import { Refused, storeError } from "./failure.ts";

export interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

export interface ClusterOptions {
  readonly client: Client;
  /** How the store is called in errors. */
  readonly shown: string;
  /** How long a read of a row, and how long any other call may take, in ms. */
  readonly readLimit: number;
  readonly writeLimit: number;
}

interface ReadOptions {
  /** In ms. */
  readonly limit?: number;
  /** Sees every conditional write that may have happened, and settles those under way. */
  readonly serial?: boolean;
  /** Of one node, which may not have it yet: for what never changes. */
  readonly ofOne?: boolean;
}

/** Nobody answers: a write is tried again for so long, in ms, in case a node has just died. */
const refusedFor = 500;
/** How often a read is made that somebody waits for who can wait. */
const readTries = 3;
/** One message to several partitions holds so many statements (more make Cassandra warn); any has about so many characters. */
const batchSize = 10;
const batchLength = 12_000;

/** The connections of this process to the cluster: every call has a deadline, and its failures are the store's. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #background = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get shown(): string {
    return this.#options.shown;
  }

  get writeLimit(): number {
    return this.#options.writeLimit;
  }

  /** Throws if nothing can be asked at all. */
  check(): void {
    if (this.#closing !== undefined) throw new Refused(`${this.shown}: the store was closed.`);
  }

  /** The rows of a query, at most 5,000. */
  async read<Row>(query: string, params: readonly unknown[], options: ReadOptions = {}): Promise<Row[]> {
    const limit = options.limit ?? this.#options.readLimit;
    const { localSerial, localQuorum, localOne } = types.consistencies;
    const consistency = options.serial ? localSerial : options.ofOne ? localOne : localQuorum;
    const found = await this.#ask(query, params, limit, { consistency });
    return (found.rows ?? []) as unknown as Row[];
  }

  /**
   * A conditional write. `undefined`: it was carried out; otherwise what is there instead. When it throws
   * `StoreUnavailable` its outcome is unknown.
   */
  async compareAndSet<Row>(query: string, params: readonly unknown[], limit: number): Promise<Row | undefined> {
    const result = await this.#ask(query, params, limit, {});
    return result.wasApplied() ? undefined : (result.first() as unknown as Row);
  }

  /**
   * Writes rows that may be written again; with `timestamp`, as if at that time. Repeats until all are written.
   * `together`: they are all in one partition, for which they are one write.
   */
  async write(statements: readonly Statement[], timestamp?: number, together = false): Promise<void> {
    const options = timestamp === undefined ? {} : { timestamp };
    await Promise.all(
      batchesOf(statements, together ? Number.POSITIVE_INFINITY : batchSize).map((batch) =>
        this.untilKnown(async (left) => {
          const [first] = batch;
          if (first === undefined) return;
          if (batch.length === 1) await this.#ask(first.query, first.params, left, options);
          else await this.#withDeadline(left, () => this.#batch(batch, left, options));
        }),
      ),
    );
  }

  /**
   * Makes a write until its outcome is known or the limit for writes is over. `attempt` must change nothing when it is
   * made again; it is told how many ms are left, and whether an earlier one may have happened. Throws the last failure.
   */
  async untilKnown<T>(attempt: (left: number, again: boolean) => Promise<T>): Promise<T> {
    this.check();
    const began = performance.now();
    const limit = this.writeLimit;
    for (let wait = 20, again = false; ; wait = Math.min(wait * 2, 300), again = true) {
      try {
        return await attempt(limit - (performance.now() - began), again);
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || this.#closing !== undefined) throw error;
        const most = error instanceof Refused ? Math.min(limit, refusedFor) : limit;
        if (performance.now() - began + wait >= most) throw error;
        await Bun.sleep(wait);
      }
    }
  }

  /**
   * Reads for somebody who can wait longer than a visitor: what got no answer in time is asked for again, so often in all. On a busy
   * cluster one read in some hundreds is so late, and all writes of a moment may wait for the same one.
   */
  async patiently<T>(read: () => Promise<T>): Promise<T> {
    for (let left = readTries; ; ) {
      try {
        return await read();
      } catch (error) {
        left--;
        const isLate = error instanceof StoreUnavailable && !(error instanceof Refused);
        if (!isLate || left === 0 || this.#closing !== undefined) throw error;
      }
    }
  }

  /** Does what nobody waits for, and what a failure of is made good by nothing. `close` waits for it. */
  behind(work: () => Promise<void>): void {
    if (this.#closing !== undefined) return;
    const task = work()
      .catch(() => undefined)
      .finally(() => this.#background.delete(task));
    this.#background.add(task);
  }

  #ask(query: string, params: readonly unknown[], limit: number, options: QueryOptions): Promise<types.ResultSet> {
    return this.#withDeadline(limit, () =>
      this.#options.client.execute(query, [...params], { ...options, readTimeout: Math.ceil(limit) }),
    );
  }

  #batch(batch: readonly Statement[], left: number, options: QueryOptions): Promise<types.ResultSet> {
    const queries = batch.map(({ query, params }) => ({ query, params: [...params] }));
    return this.#options.client.batch(queries, { ...options, logged: false, readTimeout: Math.ceil(left) });
  }

  /** The driver's own timeouts are for each node that it asks. */
  async #withDeadline<T>(limit: number, ask: () => Promise<T>): Promise<T> {
    this.check();
    const late = Promise.withResolvers<never>();
    const why = new StoreUnavailable(`${this.shown}: no answer in time.`);
    const timer = setTimeout(() => late.reject(why), limit);
    try {
      return await Promise.race([ask(), late.promise]);
    } catch (error) {
      throw storeError(error, this.shown);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for what is done behind, at most for the limit of a write; then ends the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close([...this.#background]);
    return this.#closing;
  }

  async #close(tasks: readonly Promise<void>[]): Promise<void> {
    // Calls from now on are refused, these were allowed before.
    await atMost(this.writeLimit, Promise.all(tasks));
    // Nodes that are down can keep it waiting.
    await atMost(
      1000,
      this.#options.client.shutdown().catch(() => undefined),
    );
  }
}

/** Waits for `work`, at most so many ms, and leaves no timer that would keep the process. */
async function atMost(limit: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limit);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}

function batchesOf(statements: readonly Statement[], size: number): Statement[][] {
  const batches: Statement[][] = [];
  let batch: Statement[] = [];
  let length = 0;
  for (const statement of statements) {
    const own = statement.params.reduce<number>((sum, one) => sum + (typeof one === "string" ? one.length : 8), 0);
    if (batch.length > 0 && (batch.length === size || length + own > batchLength)) {
      batches.push(batch);
      batch = [];
      length = 0;
    }
    batch.push(statement);
    length += own;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
