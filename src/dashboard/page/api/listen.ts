import { CurtProblem, type LiveCounts } from "../../../client/client.ts";

export interface Live {
  /** The last that was heard. */
  readonly counts: LiveCounts | undefined;
  /** Whether more is heard. */
  readonly on: boolean;
}

/** Times that a stream is opened again without a word, and how long after it ended, in ms: twice as long each time. */
export const mostTries = 8;
const [first, longest] = [1000, 30_000];

export interface Listening {
  readonly open: (signal: AbortSignal) => AsyncIterable<LiveCounts>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly tell: (live: Live) => void;
}

/** Hears a stream to its end, and opens it again a few times; a word in between begins the count anew. */
export async function listen({ open, pause, tell }: Listening, signal: AbortSignal): Promise<void> {
  let counts: LiveCounts | undefined;
  for (let tries = 0; tries < mostTries; tries++) {
    try {
      for await (counts of open(signal)) {
        if (signal.aborted) return;
        tries = 0;
        tell({ counts, on: true });
      }
    } catch (error) {
      // Who may not listen, or listens to nothing, need not try again.
      if (error instanceof CurtProblem && [401, 403, 404].includes(error.status)) tries = mostTries;
    }
    if (signal.aborted) return;
    tell({ counts, on: false });
    if (tries + 1 < mostTries) await pause(Math.min(longest, first * 2 ** tries), signal);
    if (signal.aborted) return;
  }
}
