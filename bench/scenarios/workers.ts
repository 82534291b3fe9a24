import { short } from "../figures.ts";
import { interleaved, speedRatio } from "../rounds.ts";
import { goal, type Scenario } from "../scenario.ts";
import { constantTarget, curtContender, makeLink, startCurt, usualLoad } from "../servers.ts";
import { named, redirectBars, redirectTable } from "./redirects.ts";

/** What sharing the port costs. */
export const workers: Scenario = {
  name: "workers",
  about: "One link, served by one worker and by two, all on one CPU: what a second worker costs for each request.",
  run: async (bench) => {
    const contenders = [];
    for (const [count, name] of [
      [1, "Curt, one worker"],
      [2, "Curt, two workers"],
    ] as const) {
      const server = await startCurt(bench, { workers: count });
      await makeLink(server, "hot", constantTarget);
      contenders.push(curtContender(server, name, usualLoad, "hot"));
    }
    const all = await interleaved(contenders, bench);
    const [one, two] = [named(all, "Curt, one"), named(all, "Curt, two")];
    return {
      goals: [goal("two workers: CPU per request at most 1.1 of one's", speedRatio(one, two), { atMost: 1.1 }, short)],
      tables: [redirectTable("One link", all, one)],
      bars: [redirectBars("workers", "One worker and two, on one CPU", all, one)],
      notes: [],
    };
  },
};
