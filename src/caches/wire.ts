import type { Value } from "./value.ts";

/** A connection to one server of a cache. Every method throws when the server refuses or the connection ends. */
export interface Wire {
  get(key: string): Promise<string | undefined>;
  /** Keeps the value unless `supersedes` says that what is there stays. Atomic. */
  putIfNewer(key: string, value: Value): Promise<void>;
  /**
   * Sets `text`, for good, where nothing is or something that begins with `prefix`; otherwise gives what is there.
   * Atomic.
   */
  swap(key: string, prefix: string, text: string): Promise<string | undefined>;
  /** Ends the connection at once; what is under way throws. */
  close(): void;
}

/** Connects to one server. `closed` is told why the connection ended, unless `close` ended it. */
export type Connect = (closed: (why: string) => void) => Promise<Wire>;

/** No answer came within the limit. */
export class Late extends Error {
  override readonly name = "Late";
}

/**
 * What `work` brings within `limit` ms; throws `Late`. A timer that itself came late says that this process was busy,
 * and is given half the limit more, in which an answer that has already arrived is read.
 */
export function within<T>(limit: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const late = () => reject(new Late(`no answer within ${limit} ms`));
    let timer = setTimeout(() => {
      if (performance.now() - start > limit + 5) timer = setTimeout(late, limit / 2);
      else late();
    }, limit);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
