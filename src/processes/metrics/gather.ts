import { metricOf, type Sample } from "./table.ts";

/** How long workers may take to report, in ms. */
const patience = 500;

/** Someone who reports when asked. */
export interface Reporter {
  /** Asks for a report, which comes to `Gatherer.reported`. May fail silently. */
  ask(): void;
}

/**
 * Main's side of the metrics: asks every worker for its numbers and adds them up. What a worker that has ended had counted
 * stays in the sums, so that they never fall.
 */
export class Gatherer {
  readonly #own: () => Sample[];
  /** The last report of each. */
  readonly #reports = new Map<Reporter, readonly Sample[]>();
  readonly #waiting = new Map<Reporter, (() => void)[]>();
  /** Counters and histograms of those who have ended. */
  readonly #ended = new Map<string, Sample>();

  /** `own`: what main itself reports. */
  constructor(own: () => Sample[]) {
    this.#own = own;
  }

  connect(reporter: Reporter): void {
    this.#reports.set(reporter, []);
  }

  reported(reporter: Reporter, samples: readonly Sample[]): void {
    if (!this.#reports.has(reporter)) return;
    this.#reports.set(reporter, samples);
    for (const resolve of this.#waiting.get(reporter) ?? []) resolve();
    this.#waiting.delete(reporter);
  }

  /** The process has ended: what it last reported goes on counting, except what was true of it alone. */
  gone(reporter: Reporter): void {
    for (const sample of this.#reports.get(reporter) ?? []) this.#keep(sample);
    this.#reports.delete(reporter);
    for (const resolve of this.#waiting.get(reporter) ?? []) resolve();
    this.#waiting.delete(reporter);
  }

  /** The Prometheus text, after half a second at most. */
  async text(): Promise<string> {
    const asked = [...this.#reports.keys()];
    const answered = new Set<Reporter>();
    const all = Promise.all(
      asked.map(async (reporter) => {
        await this.#answerOf(reporter);
        answered.add(reporter);
      }),
    );
    await Promise.race([all, Bun.sleep(patience)]);
    const silent = asked.filter((one) => !answered.has(one) && this.#reports.has(one));
    for (const one of silent) this.#waiting.delete(one);
    const { metricsText } = await import("./text.ts");
    const own: Sample[] = [...this.#own(), { name: "curt_workers_silent", labels: {}, value: silent.length }];
    return metricsText([own, [...this.#ended.values()], ...this.#reports.values()]);
  }

  #answerOf(reporter: Reporter): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(reporter);
      if (waiting !== undefined) waiting.push(resolve);
      else {
        this.#waiting.set(reporter, [resolve]);
        reporter.ask();
      }
    });
  }

  #keep(sample: Sample): void {
    if (metricOf(sample.name).type === "gauge") return;
    const key = JSON.stringify([sample.name, sample.labels]);
    const before = this.#ended.get(key);
    this.#ended.set(key, before === undefined ? sample : added(before, sample));
  }
}

function added(one: Sample, other: Sample): Sample {
  if (typeof one.value === "number" || typeof other.value === "number")
    return { ...one, value: Number(one.value) + Number(other.value) };
  const { buckets, sum } = other.value;
  return {
    ...one,
    value: { buckets: one.value.buckets.map((n, i) => n + (buckets[i] ?? 0)), sum: one.value.sum + sum },
  };
}
