import { useEffect, useState } from "preact/hooks";
import { CurtProblem, type LiveCounts } from "../../../client/client.ts";
import { api } from "./api.ts";
import type { Subject } from "./clicks.ts";

export interface Live {
  /** The last that was heard. */
  readonly counts: LiveCounts | undefined;
  /** Whether more is heard. */
  readonly on: boolean;
}

/** Times that a stream is opened again without a word, and how long after it ended, in ms: twice as long each time. */
const mostTries = 8;
const [first, longest] = [1000, 30_000];

/**
 * The counts of today as they change. A page that nobody sees listens to nothing; a stream that ends is opened again a few
 * times, and anew when the page is looked at again.
 */
export function useLive(subject: Subject, wanted = true): Live {
  const [live, setLive] = useState<Live>({ counts: undefined, on: false });
  useEffect(() => {
    if (!wanted) return;
    let stop = new AbortController();
    const begin = () => {
      stop.abort();
      stop = new AbortController();
      if (document.visibilityState === "visible") void listen(subject, stop.signal, setLive);
      else setLive(({ counts }) => ({ counts, on: false }));
    };
    begin();
    document.addEventListener("visibilitychange", begin);
    return () => {
      document.removeEventListener("visibilitychange", begin);
      stop.abort();
    };
  }, [subject, wanted]);
  return live;
}

async function listen(subject: Subject, signal: AbortSignal, tell: (live: Live) => void): Promise<void> {
  let counts: LiveCounts | undefined;
  for (let tries = 0; tries < mostTries && !signal.aborted; tries++) {
    try {
      for await (counts of api.clicks.live(subject, { signal })) {
        if (signal.aborted) return;
        tries = 0;
        tell({ counts, on: true });
      }
    } catch (error) {
      if (error instanceof CurtProblem && [401, 403, 404].includes(error.status)) tries = mostTries;
    }
    if (signal.aborted) return;
    tell({ counts, on: false });
    const pause = Math.min(longest, first * 2 ** tries);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
    });
  }
}
