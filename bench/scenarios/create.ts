import { type Figure, figureOf, short, withSpread } from "../figures.ts";
import { cpuMicros, familyOf } from "../machine.ts";
import { goal, type Scenario } from "../scenario.ts";
import { creates, startCurt } from "../servers.ts";
import { load } from "../wrk.ts";

const connections = [1, 20, 100] as const;

/** Links made through the API, each durable before it is answered. */
export const create: Scenario = {
  name: "create",
  about:
    "POST /api/v1/links on the embedded store, each link on disk before it is answered; two workers, load and server share both CPUs.",
  run: async (bench) => {
    const server = await startCurt(bench, { workers: 2, everywhere: true });
    const making = creates(server.url, server.key, bench);
    const rows: string[][] = [];
    const goals = [];
    for (const count of connections) {
      const measured = { rate: [] as number[], p50: [] as number[], p99: [] as number[], cpu: [] as number[] };
      await load({ ...making, connections: count, seconds: 1 });
      for (let round = 0; round < (bench.quick ? 2 : 7); round++) {
        bench.say(`${count} connections, round ${round + 1}`);
        const before = cpuMicros(familyOf(server.pid));
        const answered = await load({ ...making, connections: count, seconds: 2 });
        measured.rate.push(answered.requests / answered.seconds);
        measured.p50.push(answered.p50);
        measured.p99.push(answered.p99);
        measured.cpu.push((cpuMicros(familyOf(server.pid)) - before) / answered.requests);
      }
      const figures: Figure[] = [measured.rate, measured.p50, measured.p99, measured.cpu].map(figureOf);
      rows.push([`${count}`, ...figures.map(withSpread)]);
      if (count !== 100) continue;
      goals.push(
        goal("create, durable, 100 connections: 10,000/s", figureOf(measured.rate), { atLeast: 10_000 }, short),
        goal(
          "create, 100 connections: p99 under 50 ms",
          figureOf(measured.p99),
          { atMost: 50 },
          (ms) => `${short(ms)} ms`,
        ),
      );
    }
    return {
      goals,
      tables: [{ caption: "Creates", columns: ["connections", "a second", "p50, ms", "p99, ms", "CPU, µs"], rows }],
      bars: [],
      notes: [],
    };
  },
};
