import { describe, expect, test } from "bun:test";
import { StoreDamaged } from "../../core/store.ts";
import { batch, clickQuery, linkId, tally, tendAll } from "../contract/click-samples.ts";
import { MemoryKeeper } from "../contract/memory-keeper.ts";
import { KeptClicks } from "./store.ts";

/** Adds ten batches, each three times as a journal that is replayed would. */
async function replayed(mutants: readonly "numbers-ignored"[] = []): Promise<number> {
  const keeper = new MemoryKeeper();
  for (let round = 0; round < 3; round++) {
    const clicks = new KeptClicks({ keeper, clock: Date.now, mutants });
    for (let number = 0; number < 10; number++) await clicks.add(batch(number, [tally()]));
    await tendAll(clicks, "node-1");
  }
  return (await new KeptClicks({ keeper, clock: Date.now }).read(clickQuery())).total;
}

describe("counts of clicks", () => {
  test("a replay counts nothing twice; without the numbers of batches it does", async () => {
    expect(await replayed()).toBe(10);
    expect(await replayed(["numbers-ignored"])).toBe(30);
  });

  test("killed after any step, of adding or of housekeeping, each batch is counted once and nothing is left behind", async () => {
    for (let fuse = 1; fuse < 60; fuse++) {
      const keeper = new FusedKeeper(fuse);
      const first = new KeptClicks({ keeper, clock: Date.now });
      let added = -1;
      try {
        for (let number = 0; number < 9; number++) {
          await first.add(batch(number, [tally(), tally({ link: linkId(2) })]));
          added = number;
        }
        await tendAll(first, "node-1");
      } catch (error) {
        if (!(error instanceof Blown)) throw error;
      }
      keeper.fuse = Number.POSITIVE_INFINITY;
      const next = new KeptClicks({ keeper, clock: Date.now });
      const last = (await next.last("node-1"))?.number ?? -1;
      expect(last).toBeGreaterThanOrEqual(added);
      for (let number = last + 1; number < 9; number++)
        await next.add(batch(number, [tally(), tally({ link: linkId(2) })]));
      await tendAll(next, "node-1");
      expect(await next.clicksOf([linkId(1), linkId(2)])).toEqual([9, 9]);
      expect((await next.read(clickQuery())).total).toBe(9);
      const heads = await keeper.heads();
      const known = (JSON.parse(heads[0]?.runs.replace(/^\S+ \S+ /, "") ?? "[]") as unknown[])[4] as number[][];
      const there = new Set([...keeper.blobs.values()].map(({ run }) => run));
      expect([...there].sort((a, b) => a - b)).toEqual(known.map(([id]) => id ?? 0).sort((a, b) => a - b));
    }
  });

  test("a flipped byte is found wherever it is, and never counted", async () => {
    const keeper = new MemoryKeeper();
    const clicks = new KeptClicks({ keeper, clock: Date.now });
    await clicks.add(
      batch(
        1,
        Array.from({ length: 500 }, (_, index) => tally({ by: { city: `c${index}` } })),
      ),
    );
    const before = await clicks.read(clickQuery({ by: "city" }));
    let found = 0;
    for (const [key, blob] of [...keeper.blobs])
      for (let at = 0; at < blob.bytes.length; at += Math.ceil(blob.bytes.length / 40)) {
        const bytes = blob.bytes.slice();
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        keeper.blobs.set(key, { ...blob, bytes });
        const reader = new KeptClicks({ keeper, clock: Date.now });
        try {
          const { total } = await reader.read(clickQuery({ by: "city" }));
          await reader.clicksOf([linkId(1)]);
          expect(total).toBe(before.total);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreDamaged);
          found++;
        }
        keeper.blobs.set(key, blob);
      }
    expect(found).toBeGreaterThan(50);
  });
});

class Blown extends Error {}

/** Ends, like a killed process, after so many writes. */
class FusedKeeper extends MemoryKeeper {
  constructor(public fuse: number) {
    super();
  }

  #burn(): void {
    if (--this.fuse < 0) throw new Blown();
  }

  override async advance(...args: Parameters<MemoryKeeper["advance"]>): Promise<boolean> {
    this.#burn();
    // Blobs first, as an engine without transactions does it.
    await super.save(args[2]);
    this.#burn();
    return super.advance(...args);
  }

  override async save(...args: Parameters<MemoryKeeper["save"]>): Promise<void> {
    this.#burn();
    await super.save(...args);
  }

  override async drop(...args: Parameters<MemoryKeeper["drop"]>): Promise<boolean> {
    this.#burn();
    return super.drop(...args);
  }
}

test("two who add and tend for one writer, in any order of their steps, count each batch once", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const keeper = new DelayedKeeper(seed);
    const handles = [0, 1].map(() => new KeptClicks({ keeper, clock: Date.now }));
    await Promise.all(
      handles.map(async (clicks) => {
        for (let number = 1; number <= 12; number++) {
          await clicks.add(batch(number, [tally({ link: linkId(number % 3) })]));
          await clicks.tend("node-1", Date.now(), 1);
        }
      }),
    );
    const last = new KeptClicks({ keeper, clock: Date.now });
    await tendAll(last, "node-1");
    expect({ seed, total: (await last.read(clickQuery({ subject: { of: "all" } }))).total }).toEqual({
      seed,
      total: 12,
    });
  }
});

/** Lets others go ahead before each step, by chance. */
class DelayedKeeper extends MemoryKeeper {
  #state: number;

  constructor(seed: number) {
    super();
    this.#state = seed;
  }

  async #wait(): Promise<void> {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    for (let turns = this.#state >>> 29; turns > 0; turns--) await Promise.resolve();
  }

  override async head(...args: Parameters<MemoryKeeper["head"]>): ReturnType<MemoryKeeper["head"]> {
    await this.#wait();
    return super.head(...args);
  }

  override async advance(...args: Parameters<MemoryKeeper["advance"]>): Promise<boolean> {
    await this.#wait();
    const done = await super.advance(...args);
    await this.#wait();
    return done;
  }

  override async save(...args: Parameters<MemoryKeeper["save"]>): Promise<void> {
    await this.#wait();
    await super.save(...args);
  }

  override async load(...args: Parameters<MemoryKeeper["load"]>): ReturnType<MemoryKeeper["load"]> {
    await this.#wait();
    return super.load(...args);
  }

  override async drop(...args: Parameters<MemoryKeeper["drop"]>): Promise<boolean> {
    await this.#wait();
    return super.drop(...args);
  }
}
