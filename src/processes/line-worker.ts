import { type Change, StoreUnavailable } from "../core/store.ts";
import type { Committer, WriteOp, WriteResult } from "../stores/sql/operation.ts";
import { Outbox, type PartForMain, type PartForWorker, unpackError } from "./line.ts";

/** How many operations may wait for main at most; more are refused at once. */
const mostWaiting = 10_000;
/** How long a write or an announcement waits for main, in ms. */
const patience = 10_000;

/** What main tells a worker to do. */
export interface WorkerOrders {
  open(): void;
  serve(): void;
  /** Synchronous: the acknowledgement leaves after it. */
  forget(changes: readonly Change[]): void;
  degrade(why: string): void;
  /** Sends `numbers`. */
  report(): void;
  drain(): void;
}

interface Waiting {
  readonly weight: number;
  readonly until: number;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A worker's end of the line: its writes and announcements go to main, and main's orders arrive. */
export class WorkerLine implements Committer {
  readonly #outbox: Outbox<PartForMain>;
  readonly #orders: WorkerOrders;
  /** In the order of their deadlines, as `Map` keeps the order of insertion. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #sweeper: Timer;
  #weight = 0;
  #lastId = 0;
  #closed = false;

  constructor(send: (parts: PartForMain[]) => void, orders: WorkerOrders) {
    this.#outbox = new Outbox(send);
    this.#orders = orders;
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), 250);
    this.#sweeper.unref();
  }

  /** See `Committer`. Throws `StoreUnavailable` when too many wait, when main is silent for 10 s or gone. */
  async commit(ops: readonly WriteOp[]): Promise<WriteResult[]> {
    if (this.#weight + ops.length > mostWaiting && this.#weight > 0)
      throw new StoreUnavailable(`More than ${mostWaiting} writes wait already.`);
    return this.#ask(ops.length, (id) => ({ is: "write", id, ops }));
  }

  /** Returns when no worker of this machine remembers these links as they were. Throws `StoreUnavailable`. */
  async announce(changes: readonly Change[]): Promise<void> {
    const sent = changes.map(({ host, slug, version }) => ({ host, slug, version }));
    await this.#ask(0, (id) => ({ is: "announce", id, changes: sent }));
  }

  /** The Prometheus text of all workers of this machine. Throws `StoreUnavailable` when main does not answer. */
  measure(): Promise<string> {
    return this.#ask(0, (id) => ({ is: "measure", id }));
  }

  tell(part: Extract<PartForMain, { is: "joined" | "ready" | "failed" | "numbers" }>): void {
    this.#outbox.put(part);
    this.#outbox.flush();
  }

  receive(parts: readonly PartForWorker[]): void {
    for (const part of parts) this.#take(part);
  }

  /** Whoever waits gets `StoreUnavailable`; so does whoever comes later. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const id of [...this.#waiting.keys()])
      this.#take({ is: "unwritten", id, error: { name: "StoreUnavailable", message: "The line to main is closed." } });
  }

  /** What comes back is what the part calls for. */
  #ask<Answer>(weight: number, part: (id: number) => PartForMain): Promise<Answer> {
    if (this.#closed) return Promise.reject(new StoreUnavailable("The line to main is closed."));
    const id = ++this.#lastId;
    this.#weight += weight;
    return new Promise((resolve, reject) => {
      const until = performance.now() + patience;
      this.#waiting.set(id, { weight, until, resolve: resolve as (result: unknown) => void, reject });
      this.#outbox.put(part(id));
    });
  }

  #take(part: PartForWorker): void {
    if (part.is === "written") this.#settle(part.id)?.resolve([...part.results]);
    else if (part.is === "announced") this.#settle(part.id)?.resolve([]);
    else if (part.is === "measured") this.#settle(part.id)?.resolve(part.text);
    else if (part.is === "unwritten") this.#settle(part.id)?.reject(unpackError(part.error));
    else if (part.is === "degrade") this.#orders.degrade(part.why);
    else if (part.is === "forget") {
      this.#orders.forget(part.changes);
      this.#outbox.put({ is: "forgotten", batch: part.batch });
    } else this.#orders[part.is]();
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    this.#weight -= waiting.weight;
    return waiting;
  }

  #sweep(now: number): void {
    for (const [id, { until }] of this.#waiting) {
      if (until > now) return;
      this.#settle(id)?.reject(new StoreUnavailable("The writing process did not answer in time."));
    }
  }
}
