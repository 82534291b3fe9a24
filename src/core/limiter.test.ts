import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { nothingTaken, type Taken, totalOf, withTaken } from "./limit.ts";
import { Limiter, type LimiterOptions } from "./limiter.ts";
import type { LinkRecord } from "./link.ts";
import { type Document, type PutOutcome, StoreUnavailable } from "./store.ts";

const link = (maxClicks: number, version = 1) => ({ token: "t", version, maxClicks, usedClicks: 0 }) as LinkRecord;

/** What becomes of a write: done; done, though the writer hears of a failure; not done; or done some time later. */
type Fate = "done" | "unheard" | "lost" | "late" | "down";

/** A registry with one document and bad weather. */
class Weather {
  document: Document | undefined;
  puts = 0;
  readonly #late: Document[] = [];
  constructor(readonly fate: () => Fate) {}

  async get(): Promise<Document | undefined> {
    await undefined;
    if (this.fate() === "down") throw new StoreUnavailable("Down.");
    return this.document;
  }

  async put(document: Document): Promise<PutOutcome> {
    this.puts++;
    await undefined;
    const fate = this.fate();
    if (fate === "late") this.#late.push(document);
    if (fate === "done" || fate === "unheard") {
      const stored = this.#apply(document);
      if (fate === "done") return stored ? { outcome: "stored" } : { outcome: "conflict", current: this.document };
    }
    throw new StoreUnavailable("Not known.");
  }

  /** Carries out what was late, as far as it still can be. */
  arrive(): void {
    for (const document of this.#late.splice(0)) this.#apply(document);
  }

  taken(): Taken {
    return this.document === undefined ? nothingTaken : (JSON.parse(this.document.value) as Taken);
  }

  #apply(document: Document): boolean {
    if ((this.document?.version ?? 0) !== document.version - 1) return false;
    this.document = document;
    return true;
  }
}

let names = 0;
function limiterOver(registry: LimiterOptions["registry"], more: Partial<LimiterOptions> = {}): Limiter {
  return new Limiter({
    registry,
    name: () => `taker-${++names}`,
    clock: () => 0,
    pause: async () => {},
    random: Math.random,
    onUsedUp: () => {},
    ...more,
  });
}

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>("done") },
  { weight: 3, arbitrary: fc.constantFrom<Fate>("unheard", "lost", "late", "down") },
);
/** Visitors who come to a process at once; a process that dies and is replaced; late writes that arrive. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ visitors: fc.integer({ min: 1, max: 9 }), at: fc.nat(3), wait: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kill: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant("arrive" as const) },
);

describe("a limit", () => {
  test("whatever the weather and whoever dies: never one too many, and nothing lost but by the dead", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fates, { minLength: 1, maxLength: 60 }),
        fc.array(step, { maxLength: 40 }),
        async (limit, weather, steps) => {
          let at = 0;
          let calm = false;
          const registry = new Weather(() => (calm ? "done" : (weather[at++ % weather.length] ?? "done")));
          const processes = Array.from({ length: 4 }, () => limiterOver(registry));
          let kills = 0;
          let given = 0;
          const asked: Promise<unknown>[] = [];
          const visit = (limiter: Limiter) =>
            limiter.take(link(limit)).then(
              (may) => {
                if (may) given++;
              },
              () => {},
            );
          for (const one of steps) {
            if (one === "arrive") registry.arrive();
            else if ("kill" in one) {
              // Whoever waits there still gets an answer, as if the dead could speak: that must not be too many either.
              processes[one.kill] = limiterOver(registry);
              kills++;
            } else {
              const limiter = processes[one.at] as Limiter;
              const visits = Array.from({ length: one.visitors }, () => visit(limiter));
              asked.push(...visits);
              if (one.wait) await Promise.all(visits);
            }
          }
          await Promise.all(asked);
          expect(given).toBeLessThanOrEqual(limit);
          calm = true;
          registry.arrive();
          for (let round = 0; round < limit + 1; round++) await Promise.all(processes.map(visit));
          expect(registry.taken().used).toBe(limit);
          expect(given).toBeLessThanOrEqual(limit);
          if (kills === 0) expect(given).toBe(limit);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("of many takers that forget each other none gets one too many", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fates, { minLength: 1, maxLength: 40 }), async (weather) => {
        let at = 0;
        const registry = new Weather(() => weather[at++ % weather.length] ?? "done");
        const processes = Array.from({ length: 6 }, () => limiterOver(registry, { remembered: 2 }));
        let given = 0;
        for (let round = 0; round < 20; round++)
          await Promise.all(
            processes.map((limiter) =>
              limiter.take(link(30)).then(
                (may) => {
                  if (may) given++;
                },
                () => {},
              ),
            ),
          );
        registry.arrive();
        expect(given).toBeLessThanOrEqual(30);
        expect(registry.taken().takers.length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test("without the condition there are too many", async () => {
    const registry = new Weather(() => "done");
    const processes = Array.from({ length: 4 }, () => limiterOver(registry, { blind: true }));
    const all = await Promise.all(Array.from({ length: 80 }, (_, i) => processes[i % 4]?.take(link(20))));
    expect(all.filter(Boolean).length).toBeGreaterThan(20);
  });

  test("all who wait share a write, and the refused need none", async () => {
    const registry = new Weather(() => "done");
    const used: number[] = [];
    const limiter = limiterOver(registry, { onUsedUp: (_, count) => void used.push(count) });
    const all = await Promise.all(Array.from({ length: 500 }, () => limiter.take(link(100))));
    expect(all.filter(Boolean).length).toBe(100);
    expect(registry.puts).toBe(1);
    expect(await limiter.take(link(100))).toBe(false);
    expect(registry.puts).toBe(1);
    expect(used.every((count) => count === 100)).toBe(true);
    expect(await limiter.used(link(100))).toBe(100);
  });

  test("raised it goes on, lowered it ends, and an older version of the link changes nothing", async () => {
    const limiter = limiterOver(new Weather(() => "done"));
    expect(await limiter.take(link(1))).toBe(true);
    expect(await limiter.take(link(1))).toBe(false);
    expect(await limiter.take(link(3, 2))).toBe(true);
    expect(await limiter.take(link(1, 1))).toBe(true);
    expect(await limiter.take(link(3, 2))).toBe(false);
  });

  test("a store that is down refuses, and what it took unheard is given later", async () => {
    let fate: Fate = "down";
    const registry = new Weather(() => fate);
    const limiter = limiterOver(registry);
    await expect(limiter.take(link(2))).rejects.toThrow("Down");
    fate = "done";
    expect(await limiter.take(link(2))).toBe(true);
    fate = "unheard";
    const unheard = limiter.take(link(2));
    expect(await unheard).toBe(true);
    fate = "done";
    expect(await limiter.take(link(2))).toBe(false);
    expect(registry.taken().used).toBe(2);
  });

  test("whoever waits too long, or behind too many, is refused", async () => {
    let now = 0;
    const registry = new Weather(() => "done");
    const slow = { get: async () => new Promise<undefined>(() => {}), put: registry.put.bind(registry) };
    const busy = limiterOver(slow);
    for (let i = 0; i < 20_000; i++) busy.take(link(1)).catch(() => {});
    await expect(busy.take(link(1))).rejects.toBeInstanceOf(StoreUnavailable);
    const late = limiterOver(
      {
        get: async () => registry.get(),
        put: async (document) => {
          now += 20_000;
          return { outcome: "conflict", current: { ...document, version: document.version } };
        },
      },
      { clock: () => now },
    );
    await expect(late.take(link(1))).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

test("a document names few takers, and counts all", () => {
  let taken = nothingTaken;
  for (let i = 0; i < 100; i++) taken = withTaken(taken, `t${i % 70}`, 1);
  expect(taken.used).toBe(100);
  expect(taken.takers.length).toBe(64);
  expect(totalOf(taken, "t29")).toBe(1);
  expect(taken.takers[0]).toEqual(["t29", 1]);
});
