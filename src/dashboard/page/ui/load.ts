import { useEffect, useState } from "preact/hooks";
import { isAbort } from "./problem.ts";

export interface Loaded<T> {
  /** The last that came, kept while the next is on its way: nothing jumps. */
  readonly value: T | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

/** What a question answers, asked anew whenever `key` changes, and every `every` ms. */
export function useLoaded<T>(key: string, read: (signal: AbortSignal) => Promise<T>, every?: number): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    read(stop.signal).then(
      (got) => {
        if (stop.signal.aborted) return;
        setValue(() => got);
        setError(undefined);
      },
      (thrown: unknown) => {
        if (!stop.signal.aborted && !isAbort(thrown)) setError(thrown);
      },
    );
    return () => stop.abort();
  }, [key, turn]);
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && setTurn((now) => now + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  return { value, error, again: () => setTurn((now) => now + 1) };
}
