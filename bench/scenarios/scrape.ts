import { ratioOf, short } from "../figures.ts";
import { interleaved, speedRatio } from "../rounds.ts";
import { goal, type Scenario } from "../scenario.ts";
import { constantTarget, curtContender, makeLink, startCurt, usualLoad } from "../servers.ts";
import { named, redirectTable } from "./redirects.ts";

/** Scrapes a second: Prometheus usually asks every 15 s. */
const ways = [
  { name: "Curt, not scraped", every: 0 },
  { name: "Curt, scraped each second", every: 1000 },
  { name: "Curt, scraped 20 times a second", every: 50 },
] as const;

/** What reading the metrics costs those who are redirected meanwhile. */
export const scrape: Scenario = {
  name: "scrape",
  about:
    "One link, 64 connections that ask without pause, two workers on one CPU, while /metrics is read: each second, which is 15 times as often as Prometheus usually does, and 20 times a second, so that one reading's cost can be told.",
  run: async (bench) => {
    const server = await startCurt(bench, { workers: 2 });
    await makeLink(server, "hot", constantTarget);
    const read = async () => {
      const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } });
      if (!(await answer.text()).includes("curt_requests_total")) throw new Error("These are not the metrics.");
    };
    const contenders = ways.map(({ name, every }) => ({
      ...curtContender(server, name, usualLoad, "hot"),
      ...(every === 0 ? {} : { beside: () => new Reader(read, every) }),
    }));
    const all = await interleaved(contenders, { ...bench, seconds: 2 * bench.seconds });
    const [none, each, often] = ways.map(({ name }) => named(all, name));
    if (none === undefined || each === undefined || often === undefined) throw new Error("Nothing was measured.");
    // Of each second that the CPU worked, what twenty readings took.
    const cost = ratioOf(
      often.cpu.map((micros, i) => micros - (none.cpu[i] ?? 0)),
      often.rate.map((rate) => 20_000 / rate),
    );
    return {
      goals: [
        goal("scraped each second: at least 0.98 of not scraped", speedRatio(each, none), { atLeast: 0.98 }, short),
      ],
      tables: [redirectTable("Scraped and not", all, none)],
      bars: [],
      notes: [
        `One reading takes ${short(cost.median)} ms of processor time, of all processes together (by the rows with 20 a second).`,
      ],
    };
  },
};

/** Reads again and again, and not before the last reading has ended. */
class Reader {
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(read: () => Promise<void>, every: number) {
    this.#done = this.#run(read, every);
  }

  /** Throws what a reading threw. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#done;
  }

  async #run(read: () => Promise<void>, every: number): Promise<void> {
    // Not at the very beginning of a slice, where connections are made.
    await Bun.sleep(every / 2);
    while (!this.#stopped) {
      const from = performance.now();
      await read();
      await Bun.sleep(Math.max(0, every - (performance.now() - from)));
    }
  }
}
