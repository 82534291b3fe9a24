import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ClickBatch, ClickQuery } from "../../core/click.ts";
import { clickUnits, dimensions } from "../../core/click.ts";
import { KeptClicks } from "../clicks/store.ts";
import type { Current } from "../contract.ts";
import { ClickModel } from "./click-model.ts";
import { batch, clickQuery, linkId, tally, tendAll, thisHour, visit, visitorId } from "./click-samples.ts";
import { MemoryKeeper } from "./memory-keeper.ts";
import { awkwardSlugs } from "./samples.ts";

const hourMs = 3_600_000;

/** Reads again until a handle that may have looked a moment ago knows what another has added. */
async function soon(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    if (Bun.deepEquals(await read(), expected)) return;
    await Bun.sleep(100);
  }
  const last: unknown = await read();
  expect(last).toEqual(expected);
}

const hours = fc.integer({ min: 0, max: 70 * 24 }).map((back) => thisHour() - back);

const tallies = fc.record({
  link: fc.option(fc.integer({ min: 1, max: 4 }).map(linkId), { freq: 6 }),
  tags: fc.subarray(["t", "T", "__proto__"]),
  hour: hours,
  values: fc.tuple(...dimensions.map(() => fc.constantFrom("", "", "a", "b", "__proto__", "other"))),
  clicks: fc.integer({ min: 1, max: 5 }),
  visitors: fc.array(fc.integer({ min: 1, max: 40 }).map(visitorId), { maxLength: 4 }),
});

const steps = fc.array(
  fc.record({
    writer: fc.constantFrom("node-1", "node-2"),
    /** Added to the last number: 0 and less are repeats. */
    rise: fc.constantFrom(1, 1, 1, 2, 0, -1),
    tallies: fc.array(tallies, { maxLength: 12 }),
    tends: fc.boolean(),
  }),
  { minLength: 1, maxLength: 14 },
);

const queries = fc.record({
  subject: fc.oneof(
    fc.integer({ min: 1, max: 4 }).map((number) => ({ of: "link" as const, link: linkId(number) })),
    fc.constantFrom("t", "T", "none").map((tag) => ({ of: "tag" as const, tag })),
    fc.constant({ of: "all" as const }),
    fc.constant({ of: "unknown" as const }),
  ),
  from: hours.map((hour) => hour * hourMs + 1234),
  to: hours.map((hour) => hour * hourMs + 4321),
  unit: fc.constantFrom(...clickUnits),
  by: fc.option(fc.constantFrom(...dimensions)),
  bots: fc.boolean(),
});

export function describeClicks(current: Current): void {
  describe("clicks", () => {
    test("of nobody are none", async () => {
      const { clicks } = current().store;
      const none = { unit: "day" as const, total: 0, bots: 0, unique: 0, series: [], groups: [] };
      expect(await clicks.last("node-1")).toBeUndefined();
      expect(await clicks.read(clickQuery({ by: "city" }))).toEqual(none);
      expect(await clicks.clicksOf([linkId(1), linkId(2)])).toEqual([0, 0]);
      expect(await clicks.clicksOf([])).toEqual([]);
      expect(await clicks.visits(linkId(1), 10)).toEqual([]);
      expect(await clicks.tend("node-1", Date.now(), 1)).toBe(false);
      expect(await clicks.last("node-1")).toBeUndefined();
    });

    test("are those of a model, through repeats, merges, other handles and a reopening", async () => {
      const model = new ClickModel();
      const numbers = new Map<string, number>();
      const asked: ClickQuery[] = fc.sample(queries, 60);
      const seed = Date.now() % 1_000_000;
      let count = 0;
      for (const round of fc.sample(steps, { numRuns: 4, seed })) {
        for (const { writer, rise, tallies: some, tends } of round) {
          const { clicks } = count++ % 2 === 0 ? current().store : await current().another();
          const number = Math.max((numbers.get(writer) ?? 0) + rise, 0);
          numbers.set(writer, Math.max(numbers.get(writer) ?? 0, number));
          const added: ClickBatch = batch(number, some, { writer });
          await clicks.add(added);
          model.add(added);
          if (tends) await tendAll(clicks, writer);
        }
      }
      const { clicks } = await current().reopen();
      for (const merged of [false, true]) {
        if (merged) for (const writer of numbers.keys()) await tendAll(clicks, writer);
        for (const query of asked) {
          const got = await clicks.read(query);
          expect({ seed, query, ...got }).toEqual({ seed, query, ...model.read(query) });
        }
        expect(await clicks.clicksOf([1, 2, 3, 4].map(linkId))).toEqual(
          [1, 2, 3, 4].map((one) => model.clicksOf(linkId(one))),
        );
      }
    });

    test("a batch again, or an older one, changes nothing, whatever is in it", async () => {
      const { clicks } = current().store;
      const other = (await current().another()).clicks;
      await clicks.add(batch(0, [tally()]));
      await clicks.add(batch(3, [tally()], { visits: [visit(Date.now())] }));
      for (const number of [3, 2, 0])
        for (const handle of [clicks, other])
          await handle.add(batch(number, [tally({ clicks: 100 })], { position: "wrong", visits: [visit(Date.now())] }));
      const again = (await current().reopen()).clicks;
      await again.add(batch(3, [tally({ clicks: 100 })]));
      expect(await again.last("node-1")).toEqual({ number: 3, position: "position 3" });
      expect(await again.clicksOf([linkId(1)])).toEqual([2]);
      expect(await again.visits(linkId(1), 10)).toHaveLength(1);
      await again.add(batch(4, []));
      expect(await again.last("node-1")).toEqual({ number: 4, position: "position 4" });
    });

    test("two who add for one writer by mistake, and tend it, count each batch once", async () => {
      const handles = [current().store.clicks, (await current().another()).clicks];
      for (let number = 1; number <= 24; number++)
        await Promise.all(
          handles.map(async (clicks) => {
            await clicks.add(batch(number, [tally({ visitors: [visitorId(number)] })]));
            await clicks.tend("node-1", Date.now(), 2);
          }),
        );
      const { clicks } = await current().reopen();
      await tendAll(clicks, "node-1");
      expect(await clicks.clicksOf([linkId(1)])).toEqual([24]);
      expect(await clicks.read(clickQuery())).toMatchObject({ total: 24, unique: 24 });
    });

    test("one handle sees what another adds and merges", async () => {
      const { clicks } = current().store;
      const other = (await current().another()).clicks;
      for (let number = 1; number <= 20; number++) {
        await other.add(batch(number, [tally(), tally({ link: linkId(2) })]));
        await tendAll(other, "node-1");
        const counts = await clicks.clicksOf([linkId(1), linkId(2), linkId(3)]);
        expect(counts[0]).toBe(counts[1] as number);
      }
      await soon(() => clicks.clicksOf([linkId(2), linkId(3), linkId(1)]), [20, 0, 20]);
      await soon(async () => (await clicks.read(clickQuery())).total, 20);
    });

    test("values of every kind are kept as they are", async () => {
      const { clicks } = current().store;
      const values = [...awkwardSlugs, "x".repeat(2000), "\ufeffé\u0000\n\"'<b>", "🙂", "", "constructor"];
      const distinct = [...new Set(values)];
      const now = Date.now();
      await clicks.add(
        batch(
          1,
          distinct.map((value) => tally({ by: { referrer: value, utm_campaign: value }, tags: [value] })),
          { writer: "'node\"%_é", visits: distinct.map((value, index) => visit(now - index, value)) },
        ),
      );
      await tendAll(clicks, "'node\"%_é");
      const again = (await current().reopen()).clicks;
      for (const by of ["referrer", "utm_campaign"] as const) {
        const { groups } = await again.read(clickQuery({ by }));
        expect(groups.map(({ value }) => value).sort()).toEqual([...distinct].sort());
      }
      for (const tag of distinct) expect((await again.read(clickQuery({ subject: { of: "tag", tag } }))).total).toBe(1);
      expect((await again.visits(linkId(1), 1000)).map((one) => one.values[0] ?? "?")).toEqual(distinct);
      await again.add(batch(2, [tally({ by: { city: "half \ud800" } })]));
      expect((await again.read(clickQuery({ by: "city" }))).groups).toContainEqual({ value: "half \ufffd", clicks: 1 });
    });

    test("of a dimension's values the top 1,000 of a day are told apart, and sums stay exact", async () => {
      const { clicks } = current().store;
      const day = Math.floor(thisHour() / 24) - 5;
      for (let part = 0; part < 8; part++)
        await clicks.add(
          batch(
            part,
            Array.from({ length: 150 }, (_, index) => {
              const number = part * 150 + index;
              const by = { referrer: `r${number}`, bot: number % 10 === 0 ? "b" : "" };
              return tally({ hour: day * 24 + part, by, clicks: number < 5 ? 50 : 2, tags: ["t"] });
            }),
          ),
        );
      for (const subject of [{ of: "link", link: linkId(1) }, { of: "tag", tag: "t" }, { of: "all" }] as const) {
        const before = await clicks.read(clickQuery({ subject, by: "referrer", bots: true }));
        await tendAll(clicks, "node-1");
        const after = await clicks.read(clickQuery({ subject, by: "referrer", bots: true }));
        expect(after).toEqual(before);
        expect(after.total + after.bots).toBe(2 * 1200 + 5 * 48);
        expect(after.groups).toHaveLength(1001);
        expect(after.groups[0]).toEqual({ value: "other", clicks: 400 });
        expect(after.groups.slice(1, 6).every((group) => group.clicks === 50)).toBe(true);
      }
    });

    test("many clicks and visitors of one link are told apart by hour, day and month", async () => {
      const { clicks } = current().store;
      const model = new ClickModel();
      for (let number = 0; number < 9; number++) {
        const added = batch(
          number,
          Array.from({ length: 400 }, (_, index) =>
            tally({
              hour: thisHour() - number * 100 - (index % 30),
              by: { city: `c${index % 7}`, os: `o${number}`, bot: index % 5 === 0 ? "b" : "" },
              visitors: index % 5 === 0 ? [] : [visitorId(index % 60), visitorId(number)],
            }),
          ),
        );
        await clicks.add(added);
        model.add(added);
        if (number % 4 === 0)
          for (const unit of clickUnits)
            for (const by of [null, "city", "os", "bot"] as const)
              for (const back of [900, 333, 20]) {
                const query = clickQuery({
                  unit,
                  by,
                  from: (thisHour() - back) * hourMs,
                  to: (thisHour() - 5) * hourMs,
                });
                expect({ query, ...(await clicks.read(query)) }).toEqual({ query, ...model.read(query) });
              }
        await tendAll(clicks, "node-1");
      }
    });

    test("hours past their retention are told as days, and never change by housekeeping", async () => {
      const { clicks } = current().store;
      const old = thisHour() - 200 * 24;
      const some = Array.from({ length: 1500 }, (_, index) =>
        tally({ hour: old + (index % 3), by: { city: `c${index % 9}` }, visitors: [visitorId(index % 50)] }),
      );
      await clicks.add(batch(1, some));
      await clicks.add(batch(2, [tally({ hour: old, visitors: [visitorId(1)] })]));
      const query = clickQuery({ unit: "hour", from: (old + 1) * hourMs, to: (old + 2) * hourMs, by: "city" });
      const before = await clicks.read(query);
      expect(before).toMatchObject({ unit: "day", total: 1501, unique: 50 });
      expect(before.series).toHaveLength(new Set([old, old + 1, old + 2].map((hour) => Math.floor(hour / 24))).size);
      await tendAll(clicks, "node-1");
      expect(await clicks.read(query)).toEqual(before);
    });

    test("move as they are: what was added counts, and added again changes nothing", async () => {
      const { clicks } = current().store;
      for (let number = 0; number < 11; number++)
        await clicks.add(
          batch(
            number,
            Array.from({ length: 50 }, (_, index) => tally({ link: linkId(index), by: { city: `c${index}` } })),
            { visits: [visit(Date.now() - 5000, "v")] },
          ),
        );
      await clicks.tend("node-1", Date.now(), 1);
      // Another store: of the same engine's bytes, in memory.
      const target = new KeptClicks({ keeper: new MemoryKeeper(), clock: Date.now });
      for (let round = 0; round < 2; round++)
        for (const [from, to] of [
          [clicks, target],
          [target, (await current().another()).clicks],
        ] as const)
          for (const state of await from.contents.states()) {
            expect(state).toMatchObject({ writer: "node-1", number: 10, position: "position 10" });
            for (let at = 0; at < state.pieces.length; at += 100)
              await to.contents.adoptPieces(
                state.writer,
                await from.contents.pieces(state.writer, state.pieces.slice(at, at + 100)),
              );
            await to.contents.adoptState(state, []);
          }
      for (const moved of [target, (await current().reopen()).clicks]) {
        await tendAll(moved, "node-1");
        await moved.add(batch(10, [tally()]));
        expect(await moved.last("node-1")).toEqual({ number: 10, position: "position 10" });
        expect((await moved.read(clickQuery({ subject: { of: "all" } }))).total).toBe(550);
        expect(await moved.clicksOf([linkId(1), linkId(49), linkId(50)])).toEqual([11, 11, 0]);
        expect(await moved.visits(linkId(1), 100)).toHaveLength(11);
      }
    });

    test("what can't be a batch is refused, and 1,001 links at once", async () => {
      const { clicks } = current().store;
      await expect(clicks.add(batch(-1, []))).rejects.toThrow(RangeError);
      await expect(clicks.add(batch(1, [], { position: "é".repeat(40_000) }))).rejects.toThrow(RangeError);
      await expect(clicks.clicksOf(Array.from({ length: 1001 }, (_, one) => linkId(one)))).rejects.toThrow(RangeError);
      const position = "x".repeat(65_536);
      await clicks.add(batch(1, [], { position }));
      expect(await clicks.last("node-1")).toEqual({ number: 1, position });
    });
  });
}
