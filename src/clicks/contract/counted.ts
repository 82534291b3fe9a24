import type { ClickBatch, ClickStore } from "../../core/click.ts";
import { type Document, type Registry, StoreUnavailable } from "../../core/store.ts";

// What folding needs of a store, for its tests.

/** Counts in memory, with the port's promise about numbers. */
export class Counted implements Pick<ClickStore, "last" | "add"> {
  readonly batches: ClickBatch[] = [];
  /** Sent, whatever came of it. */
  readonly sent: ClickBatch[] = [];
  down: "before" | "after" | undefined;

  async last(writer: string) {
    return this.batches.findLast((batch) => batch.writer === writer);
  }

  async add(batch: ClickBatch): Promise<boolean> {
    this.sent.push(structuredClone(batch));
    if (this.down === "before") throw new StoreUnavailable("Down.");
    const isNew = batch.number > ((await this.last(batch.writer))?.number ?? 0);
    if (isNew) this.batches.push(structuredClone(batch));
    if (this.down === "after") throw new StoreUnavailable("Nobody knows.");
    return isNew;
  }

  get clicks(): number {
    return this.batches.flatMap(({ tallies }) => tallies).reduce((sum, { clicks }) => sum + clicks, 0);
  }

  of(link: string | null): number {
    const tallies = this.batches.flatMap((batch) => batch.tallies).filter((tally) => tally.link === link);
    return tallies.reduce((sum, { clicks }) => sum + clicks, 0);
  }
}

export class Documents implements Registry {
  readonly #kept = new Map<string, Document>();

  async get(kind: string, id: string) {
    return this.#kept.get(`${kind} ${id}`);
  }
  async put(document: Document) {
    const key = `${document.kind} ${document.id}`;
    const current = this.#kept.get(key);
    if ((current?.version ?? 0) !== document.version - 1) return { outcome: "conflict", current } as const;
    this.#kept.set(key, document);
    return { outcome: "stored" } as const;
  }
  async remove(kind: string, id: string) {
    return this.#kept.delete(`${kind} ${id}`);
  }
  async list(kind: string) {
    return [...this.#kept.values()].filter((one) => one.kind === kind);
  }
}
