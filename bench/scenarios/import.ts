import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figureOf, short, withSpread } from "../figures.ts";
import { importLinks } from "../links.ts";
import { goal, type Scenario } from "../scenario.ts";

/** `curt import` into an empty store. */
export const imported: Scenario = {
  name: "import",
  about:
    "curt import of a CSV with slug, target and title into an empty embedded store, every word searchable at its end.",
  run: async (bench) => {
    const count = bench.quick ? 50_000 : 500_000;
    const rates: number[] = [];
    for (let round = 0; round < 3; round++) {
      bench.say(`round ${round + 1} of 3`);
      const folder = mkdtempSync(join(tmpdir(), "curt-bench-"));
      try {
        rates.push(count / (await importLinks(join(folder, "data"), 0, count)));
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    const rate = figureOf(rates);
    return {
      goals: [goal("import: at least 20,000 searchable links a second", rate, { atLeast: 20_000 }, short)],
      tables: [
        { caption: `${count.toLocaleString("en")} links`, columns: ["links a second"], rows: [[withSpread(rate)]] },
      ],
      bars: [],
      notes: ["The start of the command is in it."],
    };
  },
};
