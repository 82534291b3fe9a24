import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Counts } from "../../test/clicks/counts.ts";
import { figureOf, short } from "../figures.ts";
import { slugAt, targetAt } from "../links.ts";
import { familyOf } from "../machine.ts";
import { type Contender, interleaved, rateRatio, speedRatio } from "../rounds.ts";
import { type Bench, goal, type Scenario } from "../scenario.ts";
import { makeLink, startCurt, usualLoad } from "../servers.ts";
import { named, redirectBars, redirectTable } from "./redirects.ts";

const links = 1000;
/** So long, in ms, after a slice everything that it left behind is waited for, and its time counted. */
const settling = 3000;

/** What counting clicks costs. */
export const journal: Scenario = {
  name: "journal",
  about:
    "1,000 links, 64 connections that ask without pause, one worker, all of it on one CPU: with click accounting on and off. The clerk's processor time counts, until 3 s after each slice.",
  run: async (bench) => {
    const slugs = Array.from({ length: links }, (_, i) => slugAt(i));
    const file = join(tmpdir(), `curt-bench-${process.pid}-journal`);
    writeFileSync(file, slugs.join(""));
    bench.later(() => Bun.file(file).delete());
    const paths = { file, width: slugs[0]?.length ?? 0 };
    const lags: number[] = [];
    const on = await contender(bench, "on", paths);
    const counts = await Counts.open({ CURT_DATA: on.data });
    bench.later(() => counts.close());
    const settle = async () => void lags.push(await lastChange(() => counts.sum(slugs)));
    const off = await contender(bench, "off", paths);
    const all = await interleaved(
      [
        { ...on.contender, settle },
        { ...off.contender, settle: () => Bun.sleep(settling) },
      ],
      bench,
    );
    const [with_, without] = [named(all, "Curt, accounting on"), named(all, "Curt, accounting off")];
    return {
      goals: [
        goal(
          "accounting on: at least 0.9 of off, by processor time",
          speedRatio(with_, without),
          { atLeast: 0.9 },
          short,
        ),
        goal(
          "accounting on: at least 0.9 of the redirects a second",
          rateRatio(with_, without),
          { atLeast: 0.9 },
          short,
        ),
        goal("all counted within 2 s of the load's end", figureOf(lags), { atMost: 2 }, (s) => `${short(s)} s`),
      ],
      tables: [redirectTable("1,000 links", all, without)],
      bars: [redirectBars("journal", "Click accounting on and off, one CPU", all, without)],
      notes: [`The longest that a click waited to be counted after the load's end: ${short(Math.max(...lags))} s.`],
    };
  },
};

async function contender(
  bench: Bench,
  accounting: "on" | "off",
  paths: { readonly file: string; readonly width: number },
): Promise<{ contender: Contender; data: string }> {
  const server = await startCurt(bench, { env: { CURT_CLICKS: `${accounting === "on"}` } });
  for (let i = 0; i < links; i++) await makeLink(server, slugAt(i), targetAt(i));
  return {
    data: server.dataDir,
    contender: {
      name: `Curt, accounting ${accounting}`,
      pids: () => familyOf(server.pid),
      load: { ...usualLoad, paths, url: `${server.url}/` },
    },
  };
}

/** After how many seconds a count changed for the last time. */
async function lastChange(count: () => Promise<number>): Promise<number> {
  const began = performance.now();
  let last = await count();
  let changed = 0;
  while (performance.now() - began < settling) {
    await Bun.sleep(50);
    const now = await count();
    if (now !== last) changed = (performance.now() - began) / 1000;
    last = now;
  }
  return changed;
}
