/**
 * Lighthouse's judgement of the pages, as a phone on a slow line sees them and as a desktop does: performance, accessibility and best
 * practices of the sign-in page, the list, a link's page and the overview (signed in), and of what visitors see.
 *   npm run proof -- lighthouse [--runs 3] [--least 95] [--only list]
 * Takes the median of so many runs. Lighthouse itself (100 packages) comes from npm into `.cache/lighthouse`, once.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Browser, looks } from "../dashboard/browser.ts";
import { goIn } from "../dashboard/long-list.ts";
import { tellStory } from "../dashboard/story.ts";
import { freePort, startServer } from "../server.ts";

const version = "13.5.0";
const root = join(import.meta.dir, "..", "..");
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { runs: { ...text, default: "3" }, least: { ...text, default: "95" }, only: text },
});
const [runs, least] = [Number(values.runs), Number(values.least)];
const kinds = ["performance", "accessibility", "best-practices"] as const;

interface Report {
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
  readonly audits: Readonly<
    Record<string, { readonly id: string; readonly score: number | null; readonly displayValue?: string }>
  >;
  readonly runtimeError?: { readonly message: string };
}

function program(): string {
  const folder = join(root, ".cache", "lighthouse");
  const path = join(folder, "node_modules", "lighthouse", "cli", "index.js");
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Without one npm would take the project around it, and install there.
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const words = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const done = Bun.spawnSync([...words, `lighthouse@${version}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (done.exitCode !== 0 || !existsSync(path)) throw new Error("Lighthouse could not be installed.");
  return path;
}

async function judged(address: string, port: number, form: "mobile" | "desktop", folder: string): Promise<Report> {
  const output = join(folder, "report.json");
  const preset = form === "desktop" ? ["--preset=desktop"] : [];
  const child = Bun.spawn(
    [
      process.execPath,
      program(),
      address,
      `--port=${port}`,
      "--disable-storage-reset",
      "--output=json",
      "--quiet",
    ].concat([
      `--output-path=${output}`,
      `--only-categories=${kinds.join(",")}`,
      "--no-enable-error-reporting",
      ...preset,
    ]),
    { stdio: ["ignore", "inherit", "inherit"], timeout: 120_000 },
  );
  const code = await child.exited;
  if (code !== 0) throw new Error(`Lighthouse ended with ${code}.`);
  const report = JSON.parse(readFileSync(output, "utf8")) as Report;
  if (report.runtimeError !== undefined) throw new Error(report.runtimeError.message);
  return report;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const folder = mkdtempSync(join(tmpdir(), "curt-lighthouse-"));
const server = await startServer({ args: ["--workers", "1", "--public-create", "true"] });
const origin = server.url.replace("127.0.0.1", "localhost");
const port = freePort();
const browser = await Browser.open(looks.desktopLight, origin, [`--remote-debugging-port=${port}`]);
try {
  const judge = async (name: string, path: string) => {
    if (values.only !== undefined && !values.only.split(",").includes(name)) return;
    for (const form of ["mobile", "desktop"] as const) {
      const reports: Report[] = [];
      for (let run = 0; run < runs; run++) reports.push(await judged(origin + path, port, form, folder));
      const scores = kinds.map((kind) =>
        Math.round(100 * median(reports.map(({ categories }) => categories[kind]?.score ?? 0))),
      );
      const { audits } = reports.at(-1) as Report;
      const shown = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight"];
      const details = shown.map((id) => `${id.replaceAll("-", " ")} ${audits[id]?.displayValue ?? "?"}`).join(", ");
      const fine = scores.every((score) => score >= least);
      console.log(`${fine ? "as promised" : "NOT as promised"}: ${name}, ${form}: ${scores.join(", ")} (${details})`);
      if (fine) continue;
      process.exitCode = 1;
      for (const { id, score, displayValue } of Object.values(audits))
        if (score !== null && score < 0.9) console.log(`  ${id}: ${score} ${displayValue ?? ""}`);
    }
  };
  console.log(`Lighthouse ${version}, medians of ${runs}: ${kinds.join(", ")}`);
  await judge("sign-in", "/dashboard");
  await goIn(browser, server);
  await server.kill9();
  await tellStory(server.dataDir, 900);
  await server.restart();
  await browser.page.goto("about:blank");
  await judge("list", "/dashboard");
  await judge("a link", "/dashboard/links/q3-report");
  await judge("overview", "/dashboard/overview");
  await judge("preview", "/talks/fosdem+");
  await judge("root", "/");
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}
