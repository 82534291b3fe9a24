import type { Config } from "../../config.ts";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";
import { isOneFile } from "../../processes/program.ts";
import type { Committer, WriteOp, WriteResult } from "../../stores/sql/operation.ts";

interface Failure {
  readonly damaged: boolean;
  readonly message: string;
}

/** What is said to the thread. Writes go as JSON text, which crosses faster than objects. */
export type ToThread =
  | { readonly is: "open"; readonly config: unknown }
  | { readonly is: "commit"; readonly id: number; readonly ops: string }
  | { readonly is: "close" };

export type FromThread =
  | { readonly is: "opened" }
  | { readonly is: "closed" }
  | { readonly is: "committed"; readonly id: number; readonly results: string }
  | ({ readonly is: "refused"; readonly id: number } & Failure)
  | ({ readonly is: "failed" } & Failure);

interface Waiting {
  readonly resolve: (results: string) => void;
  readonly reject: (error: Error) => void;
}

/** The one writer of the store in a thread of its own, so that a second CPU reads and checks meanwhile. */
export class ThreadCommitter implements Committer {
  // The one-file release has no other file: its beginning knows that it is in a thread.
  readonly #worker = new Worker(isOneFile ? Bun.main : new URL("./commit-thread.ts", import.meta.url).href);
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closed = false;

  private constructor() {
    this.#worker.onmessage = (event: MessageEvent<FromThread>) => this.#receive(event.data);
    this.#worker.onerror = (event) => this.#fail(new StoreUnavailable(`The committing thread ended: ${event.message}`));
  }

  /** Opens the writer; the caller holds the data folder. Throws `StoreDamaged` naming the damage. */
  static async open(config: Config): Promise<ThreadCommitter> {
    const committer = new ThreadCommitter();
    try {
      await committer.#ask(openId, { is: "open", config });
      return committer;
    } catch (error) {
      committer.#worker.terminate();
      throw error;
    }
  }

  async commit(ops: readonly WriteOp[]): Promise<WriteResult[]> {
    if (this.#closed) throw new StoreUnavailable("The store was closed.");
    const id = ++this.#lastId;
    return JSON.parse(await this.#ask(id, { is: "commit", id, ops: JSON.stringify(ops) })) as WriteResult[];
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#ask(closeId, { is: "close" });
    } finally {
      this.#worker.terminate();
    }
  }

  #ask(id: number, message: ToThread): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  #receive(message: FromThread): void {
    if (message.is === "opened") this.#take(openId)?.resolve("");
    else if (message.is === "closed") this.#take(closeId)?.resolve("");
    else if (message.is === "committed") this.#take(message.id)?.resolve(message.results);
    else if (message.is === "refused") this.#take(message.id)?.reject(errorOf(message));
    else this.#fail(errorOf(message));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const [openId, closeId] = [-1, -2];

function errorOf({ damaged, message }: Failure): Error {
  return damaged ? new StoreDamaged(message) : new StoreUnavailable(message);
}
