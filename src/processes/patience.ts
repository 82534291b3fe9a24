import { StoreUnavailable, StoreUnfit } from "../core/store.ts";
import type { Log } from "./log.ts";

/** The pause between two tries, in ms. */
const pause = 500;
/** How often the log says that it still waits, in ms. */
const sayEvery = 15_000;

export interface PatienceOptions {
  /** How long a store that can't be reached is waited for, in ms. */
  readonly limit: number;
  readonly log: Log;
  /** Ends the waiting. */
  readonly asked: Promise<unknown>;
}

/**
 * Opens the store. One that can't be reached yet is tried again until the limit, so that in whatever order servers are
 * started they find one another; one that refuses for good is not. `open` leaves nothing behind when it throws.
 * `undefined`: the end was asked for meanwhile. Throws the last failure.
 */
export async function openPatiently<T extends object>(
  open: () => Promise<T>,
  { limit, log, asked }: PatienceOptions,
): Promise<T | undefined> {
  const began = performance.now();
  const ended = asked.then(() => undefined);
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await Promise.race([open(), ended]);
    } catch (error) {
      const now = performance.now();
      if (!(error instanceof StoreUnavailable) || error instanceof StoreUnfit || now - began >= limit) throw error;
      if (now - saidAt >= sayEvery) {
        const seconds = Math.ceil((limit - (now - began)) / 1000);
        log.warn(`The store can't be reached; trying again for ${seconds} s.`, { why: error.message });
        saidAt = now;
      }
    }
    const over = Symbol();
    if ((await Promise.race([Bun.sleep(pause), ended.then(() => over)])) === over) return undefined;
  }
}
