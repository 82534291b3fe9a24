import type { Row } from "../rows/columns.ts";
import { type CheckedRow, type Destination, importRow, type Outcome } from "./row.ts";

/** Rows that are brought, and committed, together. */
const batchSize = 1000;

/** Batches that are on their way at once: one is committed while the next is made ready. */
const mostUnderWay = 2;

/** After so many batches the garbage is collected; see `commit-thread.ts`. */
const collectAfter = 8;

/** Brings rows batch by batch, and reports on them in their order. */
export class ImportRun {
  brought = 0;
  there = 0;
  out = 0;
  #batch: CheckedRow[] = [];
  readonly #underWay: Promise<void>[] = [];
  #batches = 0;

  readonly #destination: Destination;
  readonly #onRefusal: (line: number, outcome: Exclude<Outcome, string>) => void;
  readonly #onProgress: (run: ImportRun) => void;

  constructor(
    destination: Destination,
    onRefusal: (line: number, outcome: Exclude<Outcome, string>) => void,
    onProgress: (run: ImportRun) => void,
  ) {
    this.#destination = destination;
    this.#onRefusal = onRefusal;
    this.#onProgress = onProgress;
  }

  /** Brings all rows, or throws what ended it; the counts hold then too. */
  async bring(rows: AsyncIterable<Row[]>, interrupted: AbortSignal): Promise<void> {
    try {
      for await (const some of rows)
        for (const row of some) {
          interrupted.throwIfAborted();
          this.#batch.push(importRow(row));
          if (this.#batch.length >= batchSize) await this.#send();
        }
      await this.#send();
      await Promise.all(this.#underWay);
    } finally {
      // What is on its way arrives and is counted, whatever ended the reading.
      await Promise.allSettled(this.#underWay);
    }
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#underWay.length >= mostUnderWay) await this.#underWay.shift();
    const delivery = this.#deliver(batch, this.#underWay.at(-1));
    // Whoever waits for it next meets the failure; until then it is not an unhandled one.
    delivery.catch(() => undefined);
    this.#underWay.push(delivery);
    if (++this.#batches % collectAfter === 0) Bun.gc(true);
  }

  async #deliver(batch: readonly CheckedRow[], before: Promise<void> | undefined): Promise<void> {
    const good = batch.filter((row) => "input" in row);
    const outcomes = good.length === 0 ? [] : await this.#destination.bring(good);
    await before;
    let next = 0;
    for (const row of batch) this.#count(row.line, "input" in row ? outcomes[next++] : row.refused);
    this.#onProgress(this);
  }

  #count(line: number, outcome: Outcome | undefined): void {
    if (outcome === undefined) throw new Error(`Line ${line} has no outcome.`);
    if (outcome === "in") this.brought++;
    else if (outcome === "there") this.there++;
    else {
      this.out++;
      this.#onRefusal(line, outcome);
    }
  }
}
