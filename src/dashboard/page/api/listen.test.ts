import { expect, test } from "bun:test";
import { CurtProblem, type LiveCounts } from "../../../client/client.ts";
import { type Live, listen, mostTries } from "./listen.ts";

const counts = (total: number) => ({ total }) as LiveCounts;

/** Listens to streams that one after the other say so many words and then end, or throw. */
async function heard(streams: readonly (number | Error)[], stop = new AbortController(), stopAt = -1) {
  const [pauses, told]: [number[], Live[]] = [[], []];
  let opened = 0;
  await listen(
    {
      async *open() {
        const stream = streams[opened++] ?? new Error("no more");
        if (stream instanceof Error) throw stream;
        for (let n = 1; n <= stream; n++) {
          if (told.length === stopAt) stop.abort();
          yield counts(n);
        }
      },
      pause: async (ms) => void pauses.push(ms),
      tell: (live) => void told.push(live),
    },
    stop.signal,
  );
  return { opened, pauses, told };
}

test("nobody there is asked a few times, ever more slowly, and then no more", async () => {
  const { opened, pauses, told } = await heard([]);
  expect(opened).toBe(mostTries);
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(told.every(({ on }) => !on)).toBe(true);
});

test("a server that leaves is followed by the next, and a word begins the count anew", async () => {
  const down = new Error("down");
  const { opened, told } = await heard([2, down, down, down, down, down, 1]);
  expect(opened).toBe(7 + mostTries - 1);
  expect(told.filter(({ on }) => on).map((live) => live.counts?.total)).toEqual([1, 2, 1]);
  // What was heard last stays to be seen.
  expect(told.at(-1)).toEqual({ counts: counts(1), on: false });
});

test("who may not listen does not ask again, nor who is no more looked at", async () => {
  expect((await heard([new CurtProblem(403, "forbidden", "")])).opened).toBe(1);
  expect((await heard([5, 5], undefined, 2)).told).toHaveLength(2);
});
