/**
 * The diary's two load profiles by JMeter (`deploy/jmeter/curt.jmx`) and by `curt bench`, on one Curt with its embedded
 * store, or on a server that is there.
 *   npm run proof -- jmeter [--server http://HOST:PORT --key KEY]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { need } from "../install.ts";
import { plainEnvironment, startServer } from "../server.ts";

const profiles = [
  { users: 20, ramp: 2, diary: "673 ms average, 1374 ms max", average: 673 },
  { users: 100, ramp: 3, diary: "8193 ms average, 0.4 % errors", average: 8193 },
];
const loops = 5;

const root = join(import.meta.dir, "..", "..");
const { values } = parseArgs({ options: { server: { type: "string" }, key: { type: "string" } } });
if (!need("jmeter")) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), "curt-jmeter-"));
const own = values.server === undefined ? await startServer() : undefined;
const url = own?.url ?? values.server ?? "";
const key = own?.key ?? values.key ?? "";
try {
  let good = true;
  console.log("| profile | diary | JMeter | curt bench |\n|---|---|---|---|");
  for (const { users, ramp, diary, average } of profiles) {
    const jmeter = await byJmeter(users, ramp);
    const bench = await byBench(users, ramp);
    const cell = (one: Figures) => `${one.average} ms average, ${one.max} ms max, ${one.errors} errors`;
    console.log(`| ${users} users over ${ramp} s, ${loops} links each | ${diary} | ${cell(jmeter)} | ${cell(bench)} |`);
    for (const one of [jmeter, bench])
      if (one.errors > 0 || one.requests !== users * loops || one.average > average / 10) good = false;
  }
  console.log(
    good ? "Over ten times better than the diary, without an error." : "Not ten times better, or with errors.",
  );
  process.exitCode = good ? 0 : 1;
} finally {
  await own?.stop();
  rmSync(folder, { recursive: true });
}

interface Figures {
  readonly requests: number;
  readonly average: number;
  readonly max: number;
  readonly errors: number;
}

async function byJmeter(users: number, ramp: number): Promise<Figures> {
  const result = join(folder, `${users}.csv`);
  const { hostname, port } = new URL(url);
  const settings = { host: hostname, port, key, users, ramp, loops, "jmeter.save.saveservice.output_format": "csv" };
  const child = Bun.spawn(
    [
      "jmeter",
      "-n",
      ...["-t", join(root, "deploy", "jmeter", "curt.jmx"), "-l", result, "-j", join(folder, "log")],
      "-Jjmeter.save.saveservice.print_field_names=true",
      ...Object.entries(settings).map(([name, value]) => `-J${name}=${value}`),
    ],
    { cwd: folder, env: plainEnvironment(), stdio: ["ignore", "ignore", "inherit"] },
  );
  if ((await child.exited) !== 0)
    throw new Error(`JMeter failed:\n${readFileSync(join(folder, "log"), "utf8").slice(-2000)}`);
  const [head = "", ...lines] = readFileSync(result, "utf8").trim().split("\n");
  const column = (name: string) => head.split(",").indexOf(name);
  const took = lines.map((line) => Number(line.split(",")[column("elapsed")]));
  return {
    requests: lines.length,
    average: Math.round(took.reduce((sum, one) => sum + one, 0) / took.length),
    max: Math.max(...took),
    errors: lines.filter((line) => line.split(",")[column("responseCode")] !== "201").length,
  };
}

async function byBench(users: number, ramp: number): Promise<Figures> {
  const profile = ["--users", `${users}`, "--ramp", `${ramp}s`, "--loops", `${loops}`];
  const child = Bun.spawn(["sh", join(root, "bin", "curt"), "bench", url, "--create", "--json", ...profile], {
    env: { ...plainEnvironment(), CURT_KEY: key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const out = JSON.parse(await child.stdout.text()) as Figures;
  return { ...out, average: Math.round(out.average), max: Math.round(out.max) };
}
