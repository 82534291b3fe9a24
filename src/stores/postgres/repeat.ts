import { StoreUnavailable } from "../../core/store.ts";
import { Unsent } from "./failure.ts";

/**
 * Makes a write until its outcome is known or `limit` ms are over. `attempt` must change nothing when it is made again;
 * it is told how many ms are left, and whether an earlier one may have happened. Throws the last failure.
 */
export async function untilKnown<T>(limit: number, attempt: (left: number, again: boolean) => Promise<T>): Promise<T> {
  const until = performance.now() + limit;
  let again = false;
  for (let wait = 20; ; wait = Math.min(wait * 2, 300)) {
    try {
      return await attempt(until - performance.now(), again);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || (error instanceof Unsent && !again)) throw error;
      again = true;
      if (performance.now() + wait >= until) throw error;
      await Bun.sleep(wait);
    }
  }
}
