import { expect, test } from "bun:test";
import { Lanes, Turns } from "./turns.ts";
import { hasWrite, newWriteId, rememberedWrites, withWrite } from "./write-ids.ts";

test("turns: work on one key is done in order, after failures too, and other keys don't wait", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const work = (name: string, ms: number) => async (waited: number) => {
    await Bun.sleep(ms);
    done.push(`${name}${waited > 0 ? " waited" : ""}`);
    if (name === "b") throw new Error("b");
  };
  const all = [
    turns.take("k", work("a", 20)),
    turns.take("k", work("b", 1)),
    turns.take("k", work("c", 1)),
    turns.take("other", work("d", 1)),
  ];
  expect((await Promise.allSettled(all)).map((one) => one.status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(done).toEqual(["d", "a", "b waited", "c waited"]);
  await turns.take("k", work("e", 1));
  expect(done.at(-1)).toBe("e");
});

test("lanes: so many at once and no more", async () => {
  const lanes = new Lanes(3);
  let now = 0;
  let most = 0;
  const work = async (index: number) => {
    most = Math.max(most, ++now);
    await Bun.sleep(2);
    now--;
    if (index % 4 === 0) throw new Error("failed");
  };
  await Promise.allSettled(Array.from({ length: 20 }, (_, index) => lanes.run(() => work(index))));
  expect([most, now]).toEqual([3, 0]);
});

test("a row remembers its last writes", () => {
  const ids = Array.from({ length: rememberedWrites + 1 }, newWriteId);
  let row = ids[0] as string;
  for (const id of ids.slice(1)) row = withWrite(id, row);
  expect(ids.map((id) => hasWrite(row, id))).toEqual([false, ...ids.slice(1).map(() => true)]);
  expect(hasWrite(undefined, "x")).toBe(false);
});
