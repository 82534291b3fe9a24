import { ratioOf, short } from "../figures.ts";
import { interleaved, speedRatio } from "../rounds.ts";
import { goal, type Scenario } from "../scenario.ts";
import { ceiling, constantTarget, curtContender, makeLink, nginxConstant, startCurt, usualLoad } from "../servers.ts";
import { named, redirectBars, redirectTable } from "./redirects.ts";

/** One link, beside nginx answering one constant. */
export const hot: Scenario = {
  name: "hot",
  about:
    "One link, 64 connections that ask without pause, one worker; beside nginx answering one constant, with its access log off and on, and beside what the runtime can do.",
  run: async (bench) => {
    const server = await startCurt(bench);
    await makeLink(server, "hot", constantTarget);
    const all = await interleaved(
      [
        curtContender(server, "Curt, one link", usualLoad, "hot"),
        await nginxConstant(bench, usualLoad),
        await nginxConstant(bench, usualLoad, "buffered"),
        await nginxConstant(bench, usualLoad, "on"),
        await ceiling(bench, "static", usualLoad),
        await ceiling(bench, "handler", usualLoad),
      ],
      bench,
    );
    const [curt, nginx] = [named(all, "Curt"), named(all, "nginx, one constant")];
    const share = speedRatio(curt, named(all, "Bun.serve, constant from a handler"));
    // Half of full load: the pauses are as long as the answers.
    const rate = (64 / (curt.rate.reduce((sum, one) => sum + one, 0) / curt.rate.length)) * 1000;
    const half = { ...usualLoad, connections: 64, pause: Math.max(1, Math.round(2 * rate)) };
    const calm = await interleaved([curtContender(server, "Curt, half load", half, "hot")], bench);
    const p99 = ratioOf(
      named(calm, "Curt").p99,
      named(calm, "Curt").p99.map(() => 1),
    );
    return {
      goals: [
        goal("hot link: at least 0.9 of nginx's constant", speedRatio(curt, nginx), { atLeast: 0.9 }, short),
        goal("p99 at half of full load: under 5 ms", p99, { atMost: 5 }, (ms) => `${short(ms)} ms`),
      ],
      tables: [
        redirectTable("One link", all, nginx),
        redirectTable(`With pauses of ${half.pause} ms on average`, calm, named(calm, "Curt")),
      ],
      bars: [redirectBars("hot", "One hot link, one CPU", all, nginx)],
      notes: [`Of what a handler of the runtime can do with one constant, Curt reaches ${short(share.median)}.`],
    };
  },
};
