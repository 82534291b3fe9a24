import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, plainEnvironment } from "../../test/server.ts";
import { type Figure, figureOf, short, withSpread } from "../figures.ts";
import { goal, type Scenario } from "../scenario.ts";
import { startCurt } from "../servers.ts";

const root = join(import.meta.dir, "..", "..");

/** From the command to the first answer. */
export const start: Scenario = {
  name: "start",
  about:
    "From the command to the first answer, in an installed clone, beside an empty script through the same command.",
  run: async (bench) => {
    const folder = mkdtempSync(join(tmpdir(), "curt-bench-"));
    bench.later(() => rmSync(folder, { recursive: true }));
    const empty = join(folder, "empty.ts");
    writeFileSync(empty, "");
    const data = join(folder, "data");
    await (await startCurt(bench, { data, everywhere: true })).kill9();
    const [script, first, difference, made]: number[][] = [[], [], [], []];
    const take = (into: number[] | undefined, value: number) => into?.push(value);
    for (let round = 0; round < (bench.quick ? 7 : 21); round++) {
      const nothing = await timed(() => Bun.spawn(["sh", join(root, "bin", "run"), empty]).exited);
      const served = await firstAnswer(data);
      const fresh = join(folder, `fresh-${round}`);
      take(script, nothing);
      take(first, served);
      take(difference, served - nothing);
      take(made, (await firstAnswer(fresh)) - nothing);
    }
    const rows: [string, Figure][] = [
      ["an empty script", figureOf(script ?? [])],
      ["Curt, first answer", figureOf(first ?? [])],
      ["the difference", figureOf(difference ?? [])],
      ["the difference where the data folder is made too", figureOf(made ?? [])],
    ];
    return {
      goals: [
        goal(
          "start to first answer: at most 100 ms over an empty script",
          figureOf(difference ?? []),
          { atMost: 100 },
          (ms) => `${short(ms)} ms`,
        ),
      ],
      tables: [
        {
          caption: "Milliseconds, two workers",
          columns: ["", "ms"],
          rows: rows.map(([name, f]) => [name, withSpread(f)]),
        },
      ],
      bars: [],
      notes: [],
    };
  },
};

/** Milliseconds from the command to the first answer of `/healthz`; then it is ended. */
export async function firstAnswer(data: string): Promise<number> {
  const port = freePort();
  const started = performance.now();
  const child = Bun.spawn(
    ["sh", join(root, "bin", "curt"), "serve", "--port", `${port}`, "--data", data, "--workers", "2"],
    {
      env: plainEnvironment(),
      stdio: ["ignore", "ignore", "ignore"],
    },
  );
  try {
    for (;;) {
      if (performance.now() - started > 60_000) throw new Error("Curt did not answer within a minute.");
      try {
        if ((await fetch(`http://127.0.0.1:${port}/healthz`, { keepalive: false })).ok) break;
      } catch {
        await Bun.sleep(1);
      }
    }
    return performance.now() - started;
  } finally {
    child.kill("SIGTERM");
    await child.exited;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
