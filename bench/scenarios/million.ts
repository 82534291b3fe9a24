import { short } from "../figures.ts";
import { dataFolder, type Law, requests, slugAt, targetAt } from "../links.ts";
import { interleaved, speedRatio } from "../rounds.ts";
import { goal, type Outcome, type Scenario } from "../scenario.ts";
import {
  assertRedirect,
  curtContender,
  haproxyMap,
  nginxConstant,
  nginxMap,
  startCurt,
  usualLoad,
} from "../servers.ts";
import { load } from "../wrk.ts";
import { named, redirectBars, redirectTable } from "./redirects.ts";

const count = 1_000_000;

/** A million links, beside servers that hold the same million in a map. */
export const million: Scenario = {
  name: "million",
  about:
    "1,000,000 links, each as likely as the others, and as unevenly as links are (Zipf), beside nginx and HAProxy with the same million in a map.",
  run: async (bench) => {
    const data = await dataFolder(count, bench);
    const server = await startCurt(bench, { data });
    bench.say("nginx and HAProxy read their maps");
    const [nginx, haproxy] = [await nginxMap(bench, count, usualLoad), await haproxyMap(bench, count, usualLoad)];
    const constant = await nginxConstant(bench, usualLoad);
    const probe = slugAt(4711);
    for (const { url } of [curtContender(server, "", usualLoad).load, nginx.load, haproxy.load])
      await assertRedirect(`${url}${probe}`, targetAt(4711));
    const outcomes: Outcome[] = [];
    for (const law of ["uniform", "zipf"] as const) {
      const paths = requests(count, law, bench);
      const asked = { ...usualLoad, paths };
      // Every link is asked for once before it counts: in one go, as each slice begins somewhere else.
      bench.say(`warming up, ${law}`);
      const curt = curtContender(server, `Curt, ${law}`, asked);
      const { requests: warmed } = await load({ ...curt.load, seconds: bench.quick ? 20 : 40 });
      if (law === "uniform" && warmed < count && !bench.quick)
        throw new Error(`Only ${warmed} of ${count} links were asked for before it counts.`);
      const all = await interleaved(
        [curt, ...[nginx, haproxy, constant].map((one) => ({ ...one, load: { ...one.load, paths } }))],
        bench,
      );
      outcomes.push(outcome(law, all));
    }
    return {
      goals: outcomes.flatMap((one) => one.goals),
      tables: outcomes.flatMap((one) => one.tables),
      bars: outcomes.flatMap((one) => one.bars),
      notes: ["nginx's map ignores upper and lower case, and must be written and read anew for each new link."],
    };
  },
};

function outcome(law: Law, all: Awaited<ReturnType<typeof interleaved>>): Outcome {
  const [curt, nginx, haproxy] = [named(all, "Curt"), named(all, "nginx, map"), named(all, "HAProxy")];
  return {
    goals: [
      goal(`a million, ${law}: at least 0.9 of nginx's map`, speedRatio(curt, nginx), { atLeast: 0.9 }, short),
      goal(`a million, ${law}: at least 1.3 of HAProxy's map`, speedRatio(curt, haproxy), { atLeast: 1.3 }, short),
    ],
    tables: [redirectTable(`A million links, ${law}`, all, nginx)],
    bars: [redirectBars(`million-${law}`, `A million links, ${law}, one CPU`, all, nginx)],
    notes: [],
  };
}
