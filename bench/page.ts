import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { barsSvg } from "./plot.ts";
import type { Outcome, Scenario, Table } from "./scenario.ts";

/** A scenario's outcome as it is kept in `bench/results/NAME.json`, from which the page is written anew each time. */
export interface Kept extends Outcome {
  readonly scenario: string;
  readonly about: string;
  readonly command: string;
  readonly at: string;
  readonly machine: string;
  readonly code: string;
}

const folder = join(import.meta.dir, "results");
const plots = join(import.meta.dir, "plots");

export function keep(result: Kept): void {
  for (const one of [folder, plots]) mkdirSync(one, { recursive: true });
  writeFileSync(join(folder, `${result.scenario}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  for (const bars of result.bars) writeFileSync(join(plots, `${bars.file}.svg`), barsSvg(bars));
}

/** Writes `bench/results.md` from all that is kept, in the order of the scenarios. */
export function writePage(scenarios: readonly Scenario[]): void {
  if (!existsSync(folder)) return;
  const there = new Set(readdirSync(folder));
  const kept = scenarios
    .filter(({ name }) => there.has(`${name}.json`))
    .map(({ name }) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Kept);
  const goals: Table = {
    caption: "Goals",
    columns: ["goal", "measured", "spread", "", "command"],
    rows: kept.flatMap((one) =>
      one.goals.map(({ goal, measured, spread, met }) => [
        goal,
        measured,
        spread,
        met ? "met" : "**missed**",
        `\`${one.command}\``,
      ]),
    ),
  };
  writeFileSync(
    join(import.meta.dir, "results.md"),
    `${[...intro, ...table(goals), ...kept.flatMap(section)].join("\n")}\n`,
  );
}

const intro = [
  "# What was measured",
  "",
  "Written by `npm run bench`; each section says by which command, when, and on what. How to read it, and what stands behind",
  "the figures: [docs/performance.md](../docs/performance.md).",
  "",
  "Servers run on one CPU and the load on the other. Contenders are measured in short slices, in turn. *CPU* is the processor",
  "time of **all** of a server's processes for each request, user and system, by the kernel's account. *Speed* is the",
  "neighbour's CPU over ours, *rate* our requests a second over theirs, both pair by pair of one round; then the median, and in",
  "brackets the quartiles. Speed is to be trusted: rates hang on what else the machine does.",
  "",
];

function section(one: Kept): string[] {
  return [
    "",
    `## ${one.scenario}`,
    "",
    one.about,
    "",
    `\`${one.command}\`, ${one.at}, code ${one.code}; ${one.machine}.`,
    "",
    ...one.bars.flatMap((bars) => [`![${bars.title}](plots/${bars.file}.svg)`, ""]),
    ...one.tables.flatMap(table),
    ...one.notes.flatMap((note) => [`- ${note}`]),
  ];
}

function table({ caption, columns, rows }: Table): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`**${caption}**`, "", line(columns), line(columns.map(() => "---")), ...rows.map(line), ""];
}
