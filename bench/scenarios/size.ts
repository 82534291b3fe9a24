import { figureOf, ratioOf, short, withSpread } from "../figures.ts";
import { dataFolder, requests } from "../links.ts";
import { familyOf, pssBytes } from "../machine.ts";
import { type Contender, interleaved } from "../rounds.ts";
import { goal, type Scenario } from "../scenario.ts";
import { curtContender, startCurt, usualLoad } from "../servers.ts";
import { load } from "../wrk.ts";
import { named } from "./redirects.ts";
import { firstAnswer } from "./start.ts";

const counts = [1_000, 1_000_000, 10_000_000] as const;
const laws = ["uniform", "zipf"] as const;

/** The same with a thousand links and with ten million. */
export const size: Scenario = {
  name: "size",
  about:
    "1,000, 1,000,000 and 10,000,000 links, two workers on one CPU: how fast, how much memory, how long a start takes.",
  run: async (bench) => {
    const sizes = bench.quick ? counts.slice(0, 2) : counts;
    const contenders: Contender[] = [];
    const memory = new Map<number, () => number>();
    const starts = new Map<number, number[]>();
    for (const count of sizes) {
      const data = await dataFolder(count, bench);
      const times: number[] = [];
      for (let i = 0; i < 3; i++) times.push(await firstAnswer(data));
      starts.set(count, times);
      const server = await startCurt(bench, { data, workers: 2 });
      memory.set(count, () => pssBytes(familyOf(server.pid)));
      for (const law of laws) {
        const paths = requests(count, law, bench);
        const one = curtContender(server, nameOf(count, law), { ...usualLoad, paths });
        bench.say(`warming up ${one.name}`);
        await load({ ...one.load, seconds: bench.quick ? 2 : 10 });
        contenders.push(one);
      }
    }
    const all = await interleaved(contenders, { ...bench, rounds: bench.quick ? 3 : 7 });
    const [largest] = sizes.slice(-1);
    const goals = laws.map((law) =>
      goal(
        `${largest?.toLocaleString("en")} links, ${law}: at most 1.3 times the CPU of 1,000`,
        ratioOf(named(all, nameOf(largest ?? 0, law)).cpu, named(all, nameOf(1_000, law)).cpu),
        { atMost: 1.3 },
        short,
      ),
    );
    const megabytes = (memory.get(largest ?? 0)?.() ?? 0) / 1e6;
    goals.push(
      goal(
        "start with them: under 1 s",
        figureOf(starts.get(largest ?? 0) ?? []),
        { atMost: 1000 },
        (ms) => `${short(ms)} ms`,
      ),
      goal(
        "memory of all processes, two workers: under 400 MB",
        figureOf([megabytes]),
        { atMost: 400 },
        (mb) => `${short(mb)} MB`,
      ),
    );
    return {
      goals,
      tables: [
        {
          caption: "By number of links",
          columns: ["links", "asked for", "CPU, µs", "requests/s", "p99, ms", "memory (PSS), MB", "start, ms"],
          rows: sizes.flatMap((count) =>
            laws.map((law) => {
              const one = named(all, nameOf(count, law));
              return [
                ...[count.toLocaleString("en"), law, withSpread(figureOf(one.cpu)), short(figureOf(one.rate).median)],
                ...[short(figureOf(one.p99).median), short((memory.get(count)?.() ?? 0) / 1e6)],
                short(figureOf(starts.get(count) ?? []).median),
              ];
            }),
          ),
        },
      ],
      bars: [],
      notes: ["Start is from the command to the first answer, the command's own time included."],
    };
  },
};

function nameOf(count: number, law: string): string {
  return `Curt, ${count.toLocaleString("en")}, ${law}`;
}
