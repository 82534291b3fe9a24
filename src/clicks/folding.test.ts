import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickBatch, type ClickStore, type Followed, originOf } from "../core/click.ts";
import { StoreUnavailable } from "../core/store.ts";
import { Counted, Documents } from "./contract/counted.ts";
import { Enricher } from "./enrich.ts";
import { Folding, type FoldingOptions, type FoldStage, foldStages } from "./folding.ts";
import { forgetAddresses } from "./forget.ts";
import { Journal } from "./journal.ts";
import { Places } from "./places.ts";

const today = Date.UTC(2026, 5, 15, 12);
let folder: string;
let now: number;
let store: Counted;
let registry: Documents;
let journals: Journal[];
const enricher = new Enricher(new Places([]));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-folding-"));
  now = today;
  store = new Counted();
  registry = new Documents();
  journals = [];
});
afterEach(() => {
  for (const journal of journals) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function journalOf(options: { segmentBytes?: number } = {}): Journal {
  const journal = new Journal({ folder, now: () => now, log: { warn: () => {} }, ...options });
  journals.push(journal);
  return journal;
}

function foldingOf(options: Partial<FoldingOptions> = {}): Folding {
  const clicks = store as unknown as ClickStore;
  return new Folding({
    folder,
    clicks,
    registry,
    storeId: "s1",
    enricher,
    now: () => now,
    log: { warn: () => {} },
    ...options,
  });
}

function link(name: string): Followed {
  const token = name.padEnd(32, "0");
  return { mark: 0, link: { token, tags: [] } as unknown as Followed["link"] };
}
const idOf = (name: string) => name.padEnd(16, "0");

async function record(journal: Journal, one: Followed | undefined, count: number): Promise<void> {
  for (let i = 0; i < count; i++) journal.record(one, originOf("Mozilla/5.0 Firefox/120.0", "", "de"), "192.0.2.1", "");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

async function foldAll(folding: Folding): Promise<void> {
  while (await folding.fold());
}

const segments = () => readdirSync(folder).filter((name) => /\.(open|done)$/.test(name));

describe("folding", () => {
  test("each click is added once, and a segment is removed when all of it is in", async () => {
    const [one, two] = [journalOf(), journalOf()];
    const folding = foldingOf();
    await record(one, link("a"), 3);
    await record(two, link("a"), 4);
    await record(two, undefined, 2);
    await foldAll(folding);
    await foldAll(folding);
    expect([store.of(idOf("a")), store.of(null)]).toEqual([7, 2]);
    expect(store.batches).toHaveLength(1);
    await record(one, link("b"), 1);
    await foldAll(folding);
    expect([store.of(idOf("a")), store.of(idOf("b"))]).toEqual([7, 1]);
    expect(store.batches.map(({ number }) => number)).toEqual([1, 2]);
    one.close();
    two.close();
    await foldAll(folding);
    await foldAll(folding);
    expect(segments()).toEqual([]);
    expect(store.clicks).toBe(10);
  });

  test("alike clicks are one tally, and a visitor is one visitor, with another number on another day", async () => {
    const journal = journalOf();
    const folding = foldingOf();
    await record(journal, link("a"), 5);
    await foldAll(folding);
    now += 86_400_000;
    await record(journal, link("a"), 5);
    await foldAll(folding);
    const tallies = store.batches.flatMap((batch) => batch.tallies);
    expect(tallies.map(({ clicks, hour, visitors }) => [clicks, hour, visitors.length])).toEqual([
      [5, today / 3_600_000, 1],
      [5, today / 3_600_000 + 24, 1],
    ]);
    expect(tallies[0]?.visitors[0]).not.toBe(tallies[1]?.visitors[0]);
    expect(store.batches[0]?.visits).toHaveLength(5);
  });

  test("a day's salt is destroyed when no node needs it any more", async () => {
    const journal = journalOf();
    await registry.put({ kind: "clerk", id: "other", value: '{"oldest":0}', version: 1, expiresAt: null });
    const folding = foldingOf();
    await record(journal, link("a"), 1);
    await foldAll(folding);
    now += 86_400_000;
    await foldAll(folding);
    const days = async () => (await registry.list("salt")).map(({ id }) => Number(id) - Math.floor(today / 86_400_000));
    expect(await days()).toEqual([0, 1]);
    await registry.remove("clerk", "other");
    now += 86_400_000;
    await foldAll(folding);
    expect(await days()).toEqual([2]);
  });

  test.each(["the same process", "a process that starts anew"])(
    "whatever answer is missing, the same batch is sent again by %s",
    async (by) => {
      const [journal, other] = [journalOf(), journalOf()];
      let folding = foldingOf();
      await record(journal, link("a"), 5);
      await record(other, link("b"), 4);
      await foldAll(folding);
      await record(journal, link("a"), 5);
      await record(other, link("c"), 3);
      for (const down of ["before", "before", "after", "before"] as const) {
        if (by !== "the same process") folding = foldingOf();
        store.down = down;
        await expect(folding.fold()).rejects.toThrow(StoreUnavailable);
        // More comes, one journal gets another suffix, and another hour begins.
        await record(journal, link("a"), 1);
        other.close();
        now += 3_600_000;
      }
      const again = foldingOf();
      store.down = undefined;
      await foldAll(again);
      await foldAll(again);
      expect(store.clicks).toBe(21);
      const [, first, ...repeated] = store.sent;
      // What went in without an answer is not sent once more by a process that asks the store first.
      for (const batch of repeated.slice(0, by === "the same process" ? 3 : 2))
        expect(batch).toEqual(first as ClickBatch);
    },
  );

  test("the end of a dead worker's segment is cut where it is torn, and what is whole counts", async () => {
    const journal = journalOf();
    await record(journal, link("a"), 3);
    journal.close();
    const [name = ""] = segments();
    appendFileSync(join(folder, name), Buffer.from([40, 0, 0, 0, 1, 2, 3]));
    const warned: string[] = [];
    const folding = foldingOf({ log: { warn: (message, fields) => void warned.push(`${message} ${fields.bytes}`) } });
    await foldAll(folding);
    await foldAll(folding);
    expect(store.clicks).toBe(3);
    expect(segments()).toEqual([]);
    expect(warned).toEqual(["The end of a click journal was torn off. 7"]);
  });

  test("a store that was restored gets another writer, which begins where the store was", async () => {
    const journal = journalOf();
    const folding = foldingOf();
    await record(journal, link("a"), 3);
    await foldAll(folding);
    const backup = [...store.batches];
    await record(journal, link("a"), 4);
    await foldAll(folding);
    store.batches.splice(0, Number.POSITIVE_INFINITY, ...backup);
    const restored = foldingOf({ storeId: "s2" });
    expect(restored.writer).not.toBe(folding.writer);
    await foldAll(restored);
    expect(store.clicks).toBe(7);
    expect(foldingOf({ storeId: "s2" }).writer).toBe(restored.writer);
  });

  test("more than a batch holds goes in by several, and memory stays bounded", async () => {
    const journal = journalOf({ segmentBytes: 200_000 });
    for (let i = 0; i < 60; i++) await record(journal, link(`l${i % 7}`), 10_000);
    await foldAll(foldingOf());
    expect(store.clicks).toBe(600_000);
    expect(store.batches.length).toBeGreaterThan(2);
    for (const { visits, position } of store.batches) {
      expect(visits.length).toBeLessThan(100_000);
      expect(position.length).toBeLessThan(65_536);
    }
  });

  test("addresses that waited too long are blanked, and their clicks still count, of no visitor", async () => {
    const journal = journalOf();
    await record(journal, link("a"), 3);
    journal.close();
    const [name = ""] = segments();
    expect(forgetAddresses(folder, Date.now() - 60_000)).toBe(0);
    utimesSync(join(folder, name), 0, 0);
    expect(forgetAddresses(folder, Date.now() - 60_000)).toBe(1);
    expect(readFileSync(join(folder, name), "latin1")).not.toContain("192.0.2.1");
    await foldAll(foldingOf());
    const [tally] = store.batches[0]?.tallies ?? [];
    expect([tally?.clicks, tally?.visitors]).toEqual([3, []]);
  });
});

class Killed extends Error {}

/** Folds while clicks come, and ends the process, as it were, at random stages. Gives how far the counts are off. */
async function offAfterKills(mutants: FoldingOptions["mutants"], kills: number): Promise<number> {
  const journal = journalOf({ segmentBytes: 300 });
  const one = link("a");
  const died = new Map<FoldStage, number>();
  let recorded = 0;
  let doomed = true;
  const reached = (stage: FoldStage) => {
    if (!doomed || Math.random() > 0.3) return;
    died.set(stage, (died.get(stage) ?? 0) + 1);
    throw new Killed();
  };
  for (let left = kills; left > 0; ) {
    const folding = foldingOf({ reached, ...(mutants === undefined ? {} : { mutants }) });
    try {
      for (;;) {
        const count = 1 + Math.floor(Math.random() * 20);
        await record(journal, one, count);
        recorded += count;
        await folding.fold();
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      left--;
    }
  }
  doomed = false;
  const last = foldingOf(mutants === undefined ? {} : { mutants });
  await foldAll(last);
  await foldAll(last);
  if (mutants === undefined) expect([...died.keys()].sort()).toEqual([...foldStages].sort());
  return store.of(idOf("a")) - recorded;
}

describe("a clerk that is killed at any stage", () => {
  test("neither loses a click nor counts one twice", async () => {
    expect(await offAfterKills(undefined, 150)).toBe(0);
  });

  test("mutant position-first: clicks are lost", async () => {
    expect(await offAfterKills(["position-first"], 150)).toBeLessThan(0);
  });

  test("mutant no-batch-numbers: clicks are counted twice", async () => {
    expect(await offAfterKills(["no-batch-numbers"], 150)).toBeGreaterThan(0);
  });
});
