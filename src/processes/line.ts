import { type Change, StoreDamaged, StoreUnavailable } from "../core/store.ts";
import type { WriteOp, WriteResult } from "../stores/sql/operation.ts";
import type { Sample } from "./metrics/table.ts";

/**
 * What passes between main and a worker, over the channel that Bun opens between a process and its child. Each side
 * sends what one turn of its event loop brought as one message, a list of these parts, in order.
 *
 * The life of a worker: main sends `open` when the store may be opened; the worker opens it and sends `joined`; main
 * counts it among those who hear of changes and sends `serve`; the worker listens and sends `ready`. So no worker
 * remembers a link before it hears of changes.
 */
export type PartForMain =
  | { readonly is: "joined" }
  | { readonly is: "ready" }
  /** The worker cannot start, and leaves. */
  | { readonly is: "failed"; readonly why: string }
  | { readonly is: "write"; readonly id: number; readonly ops: readonly WriteOp[] }
  | { readonly is: "announce"; readonly id: number; readonly changes: readonly Change[] }
  /** The links of this batch are forgotten. */
  | { readonly is: "forgotten"; readonly batch: number }
  /** What this worker has counted so far: asked for by `report`, now and then unasked, and before it leaves. */
  | { readonly is: "numbers"; readonly samples: readonly Sample[] }
  /** Someone asks for the metrics of the machine. */
  | { readonly is: "measure"; readonly id: number };

export type PartForWorker =
  | { readonly is: "open" }
  | { readonly is: "serve" }
  | { readonly is: "written"; readonly id: number; readonly results: readonly WriteResult[] }
  | { readonly is: "unwritten"; readonly id: number; readonly error: SentError }
  /** Every worker has forgotten what this announcement named. */
  | { readonly is: "announced"; readonly id: number }
  | { readonly is: "forget"; readonly batch: number; readonly changes: readonly Change[] }
  /** From now on a link that is not found may be there all the same. */
  | { readonly is: "degrade"; readonly why: string }
  | { readonly is: "report" }
  | { readonly is: "measured"; readonly id: number; readonly text: string }
  | { readonly is: "drain" };

/** An error as it travels; it arrives as the class its name tells. */
export interface SentError {
  readonly name: string;
  readonly message: string;
}

export function packError(error: unknown): SentError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

export function unpackError(sent: SentError): Error {
  if (sent.name === "StoreUnavailable") return new StoreUnavailable(sent.message);
  if (sent.name === "StoreDamaged") return new StoreDamaged(sent.message);
  const error = new Error(sent.message);
  error.name = sent.name;
  return error;
}

/** Gathers the parts of one turn of the event loop and sends them as one message. */
export class Outbox<Part> {
  #parts: Part[] = [];
  readonly #send: (parts: Part[]) => void;

  constructor(send: (parts: Part[]) => void) {
    this.#send = send;
  }

  put(part: Part): void {
    if (this.#parts.length === 0) setImmediate(() => this.flush());
    this.#parts.push(part);
  }

  /** Sends now what waits for the end of the turn. */
  flush(): void {
    if (this.#parts.length === 0) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#send(parts);
  }
}
