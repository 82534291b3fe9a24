import { expect, test } from "bun:test";
import { StoreUnavailable } from "../../core/store.ts";
import { Pace } from "./pace.ts";

const limit = 5000;

interface Told {
  /** How many were carried out, failed under way, and were turned away without having begun. */
  readonly done: number;
  readonly failed: number;
  readonly turnedAway: number;
  /** How many were under way at once at most. */
  readonly most: number;
  /** How many may be under way at the end. */
  readonly room: number;
}

/**
 * `count` writes that all come at once, to something that does `width` at once, each in `each` ms of a clock of the test's own;
 * one that takes longer than the limit has failed, as in a cluster.
 */
async function rush(count: number, width: number, each: number, patience: number, isFixed = false): Promise<Told> {
  let now = 0;
  let begun = 0;
  let most = 0;
  const under: { readonly since: number; readonly end: (isLate: boolean) => void }[] = [];
  const pace = new Pace({ shown: "store", limit, patience, isFixed, clock: () => now });
  const results = Array.from({ length: count }, () =>
    pace.run(() => {
      begun++;
      return new Promise<void>((resolve, reject) => {
        under.push({ since: now, end: (isLate) => (isLate ? reject(new StoreUnavailable("late")) : resolve()) });
      });
    }),
  );
  const all = Promise.allSettled(results);
  for (let rounds = 0; rounds < 10_000; rounds++) {
    // All that follows from the last round happens before the next one.
    await Bun.sleep(0);
    if (under.length === 0) break;
    most = Math.max(most, under.length);
    now += each;
    for (const { since, end } of under.splice(0, width)) end(now - since > limit);
  }
  const rejected = (await all).filter((one) => one.status === "rejected");
  expect(rejected.every((one) => one.reason instanceof StoreUnavailable)).toBe(true);
  const turnedAway = count - begun;
  return { done: count - rejected.length, failed: rejected.length - turnedAway, turnedAway, most, room: pace.room };
}

test("more than is kept up with waits for its turn, and none fails", async () => {
  // 20 a second, for which 48 at once are 2.4 s of each; and 4 a second, for which they are 12 s.
  expect(await rush(100, 4, 200, 60_000)).toMatchObject({ done: 100, failed: 0, turnedAway: 0 });
  expect(await rush(100, 1, 250, 60_000)).toMatchObject({ done: 100, failed: 0, turnedAway: 0 });
});

test("would fail with all under way at once", async () => {
  const { failed, most } = await rush(100, 1, 250, 60_000, true);
  expect(most).toBe(48);
  expect(failed).toBeGreaterThan(20);
});

test("where it is quick there are soon as many as there may be; where it gets slow there are few, and never none", async () => {
  const quick = await rush(1000, 48, 10, 60_000);
  expect(quick).toMatchObject({ done: 1000, most: 48, room: 48 });
  const slow = await rush(200, 1, 1000, 600_000);
  expect(slow).toMatchObject({ room: 4 });
  expect(slow.failed).toBeLessThan(30);
});

test("who waited longer than it may is turned away without having begun", async () => {
  const { done, failed, turnedAway } = await rush(400, 4, 250, 10_000);
  expect(failed).toBe(0);
  // 16 a second, for 10 s and for those that had begun by then.
  expect(done).toBeGreaterThan(140);
  expect(turnedAway).toBe(400 - done);
  expect(turnedAway).toBeGreaterThan(200);
});

test("no more than 5,000 wait", async () => {
  const { done, turnedAway } = await rush(6000, 48, 1, 60_000);
  expect([done, turnedAway]).toEqual([5008, 992]);
});
