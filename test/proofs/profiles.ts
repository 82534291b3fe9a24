/**
 * The diary's two load profiles against a Curt that runs, by `curt bench` and by JMeter, beside what the diary says.
 *   npm run proof -- profiles --url http://127.0.0.1:8080 --key "$(cat data/stack/admin.key)" [--report FILE.html]
 * `--report` writes the page of `curt bench` about the second profile.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { plainEnvironment } from "../server.ts";
import { runJmeter } from "../servers/jmeter.ts";
import { profiles } from "./diary.ts";

interface Row {
  readonly by: string;
  readonly requests: number;
  readonly averageMs: number;
  readonly maxMs: number;
  readonly errors: number;
  readonly answers: Readonly<Record<string, number>>;
}

interface BenchJson {
  readonly requests: number;
  readonly average: number;
  readonly max: number;
  readonly errors: number;
  readonly results: Readonly<Record<string, number>>;
}

const curt = join(import.meta.dir, "..", "..", "bin", "curt");

async function byBench(url: string, key: string, shape: readonly string[], report: readonly string[]): Promise<Row> {
  const child = Bun.spawn(["sh", curt, "bench", url, "--create", ...shape, ...report, "--json"], {
    env: { ...plainEnvironment(), CURT_KEY: key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const out = await child.stdout.text();
  if ((await child.exited) === 2 || out === "") throw new Error("curt bench could not run.");
  const { requests, average, max, errors, results } = JSON.parse(out) as BenchJson;
  return { by: "curt bench", requests, averageMs: average, maxMs: max, errors, answers: results };
}

async function byJmeter(url: string, key: string, properties: Readonly<Record<string, string>>): Promise<Row> {
  const { hostname: host, port, protocol } = new URL(url);
  const scheme = protocol.replace(":", "");
  const usual = scheme === "https" ? "443" : "80";
  const result = await runJmeter({ host, port: port || usual, scheme, key, ...properties });
  const { samples: requests, averageMs, maxMs, errors, statuses: answers } = result;
  return { by: "JMeter", requests, averageMs, maxMs, errors, answers };
}

const { values } = parseArgs({
  options: { url: { type: "string" }, key: { type: "string" }, report: { type: "string" } },
});
if (values.url === undefined || values.key === undefined) {
  console.error("npm run proof -- profiles --url URL --key KEY [--report FILE.html]");
  process.exit(2);
}
let errors = 0;
console.log("| profile | by | creates | average, ms | max, ms | errors | the diary |\n|---|---|---|---|---|---|---|");
for (const [i, { users, over, creates, diary }] of profiles.entries()) {
  const report = values.report !== undefined && i === profiles.length - 1 ? ["--report", values.report] : [];
  const shape = ["--users", `${users}`, "--ramp", `${over}s`, "--loops", `${creates}`];
  const rows = [
    await byBench(values.url, values.key, shape, report),
    await byJmeter(values.url, values.key, { users: `${users}`, ramp: `${over}`, loops: `${creates}` }),
  ];
  for (const row of rows) {
    const figures = [row.requests, Math.round(row.averageMs), Math.round(row.maxMs), row.errors].join(" | ");
    console.log(`| ${users} users over ${over} s, ${creates} creates each | ${row.by} | ${figures} | ${diary} |`);
    errors += row.errors;
    if (row.errors > 0) console.error(JSON.stringify(row.answers));
  }
}
process.exit(errors === 0 ? 0 : 1);
