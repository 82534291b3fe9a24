import { useEffect, useState } from "preact/hooks";
import { api } from "./api.ts";
import type { Subject } from "./clicks.ts";
import { type Live, listen } from "./listen.ts";

export type { Live } from "./listen.ts";

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
      if (document.visibilityState === "visible") {
        const open = (signal: AbortSignal) => api.clicks.live(subject, { signal });
        void listen({ open, pause, tell: setLive }, stop.signal);
      } else setLive(({ counts }) => ({ counts, on: false }));
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });
}
