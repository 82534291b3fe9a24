/**
 * Measures Curt beside its neighbours, and writes bench/results.md with its plots.
 *   npm run bench                    every scenario
 *   npm run bench -- NAME ...        some of them
 *   npm run bench -- --quick ...     short slices: whether all works, and figures for nobody else
 */

import { machineLine } from "./machine.ts";
import { keep, writePage } from "./page.ts";
import type { Bench, Outcome, Scenario } from "./scenario.ts";
import { api } from "./scenarios/api.ts";
import { conditions } from "./scenarios/conditions.ts";
import { create } from "./scenarios/create.ts";
import { createCassandra } from "./scenarios/create-cassandra.ts";
import { hot } from "./scenarios/hot.ts";
import { imported } from "./scenarios/import.ts";
import { journal } from "./scenarios/journal.ts";
import { million } from "./scenarios/million.ts";
import { scan } from "./scenarios/scan.ts";
import { scrape } from "./scenarios/scrape.ts";
import { size } from "./scenarios/size.ts";
import { soak } from "./scenarios/soak.ts";
import { start } from "./scenarios/start.ts";
import { workers } from "./scenarios/workers.ts";
import { haveAll } from "./servers.ts";

const scenarios: readonly Scenario[] = [
  ...[hot, million, workers, scan, conditions, journal, scrape],
  ...[create, createCassandra, imported, size, api, start, soak],
];

async function measure(scenario: Scenario, quick: boolean): Promise<Outcome> {
  const ends: (() => unknown)[] = [];
  const bench: Bench = {
    quick,
    rounds: quick ? 3 : 11,
    seconds: 1,
    say: (text) => console.error(`${scenario.name}: ${text}`),
    later: (end) => ends.push(end),
  };
  try {
    return await scenario.run(bench);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function run(words: readonly string[]): Promise<number> {
  const quick = words.includes("--quick");
  const names = words.filter((word) => word !== "--quick");
  const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(", ")}. Scenarios:`);
    for (const { name, about } of scenarios) console.error(`  ${name.padEnd(12)}${about}`);
    return 2;
  }
  if (!haveAll()) return 1;
  for (const scenario of scenarios) {
    if (names.length > 0 ? !names.includes(scenario.name) : scenario.alone === true) continue;
    const outcome = await measure(scenario, quick);
    for (const { caption, columns, rows } of outcome.tables) {
      console.log(`\n${scenario.name}: ${caption}`);
      console.table(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? ""]))));
    }
    for (const { goal, measured, met } of outcome.goals)
      console.log(`${met ? "met   " : "missed"}  ${goal}: ${measured}`);
    // What was measured in a hurry is not kept.
    if (quick) continue;
    const code = Bun.spawnSync(["git", "-C", import.meta.dir, "rev-parse", "--short", "HEAD"])
      .stdout.toString()
      .trim();
    const at = new Date().toISOString().slice(0, 16).replace("T", " ");
    const command = `npm run bench -- ${scenario.name}`;
    keep({ scenario: scenario.name, about: scenario.about, command, at, machine: machineLine(), code, ...outcome });
    writePage(scenarios);
  }
  return 0;
}

process.exit(await run(process.argv.slice(2)));
