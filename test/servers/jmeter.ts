import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, fetchJars } from "../../deploy/processes/jars.ts";
import { need, programPath } from "../install.ts";
import { plainEnvironment } from "../server.ts";

const folder = join(cacheFolder, "jmeter");
const plan = join(import.meta.dir, "..", "..", "deploy", "jmeter", "curt.jmx");

/** What a run found, by its own record. */
export interface JmeterResult {
  readonly samples: number;
  readonly errors: number;
  readonly averageMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** From when the first sample began to when the last one ended, in ms. */
  readonly tookMs: number;
  /** How often each status came, or what stood in its place. */
  readonly statuses: Readonly<Record<string, number>>;
}

/**
 * Runs `deploy/jmeter/curt.jmx` with these properties (`host`, `port`, `key`, `users`, `ramp`, `loops`), by Apache JMeter 5.6
 * out of Maven Central: Debian's 2.13 refuses every plan. Throws with what JMeter said if it came to no end within `limit` ms.
 */
export async function runJmeter(properties: Readonly<Record<string, string>>, limit = 150_000): Promise<JmeterResult> {
  if (!need("jmeter")) throw new Error("Java 17 or Maven is not installed.");
  const home = await jmeterHome();
  const work = mkdtempSync(join(tmpdir(), "curt-jmeter-"));
  const record = join(work, "result.jtl");
  const given = Object.entries(properties).map(([name, value]) => `-J${name}=${value}`);
  try {
    const child = Bun.spawn(
      [
        ...[programPath("java") ?? "java", "-Xmx256m", `-Djmeter.home=${home}`, "-Djava.awt.headless=true"],
        ...[`-Djava.util.prefs.userRoot=${work}`, "-cp", join(folder, "jars", "*"), "org.apache.jmeter.NewDriver"],
        // No port listens for whoever might want to stop it.
        ...["-n", "-t", plan, "-l", record, "-j", join(work, "log"), "-Jjmeterengine.nongui.port=0", ...given],
      ],
      { cwd: work, env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"], timeout: limit },
    );
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    // It answers 0 where it could not read the plan, too.
    if (code !== 0 || !out.includes("end of run")) throw new Error(`JMeter ended with ${code}:\n${out}${err}`);
    return resultOf(readFileSync(record, "utf8"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Its jars and, unpacked, the settings that it reads from files: fetched once. */
export async function jmeterHome(): Promise<string> {
  const pom = join(import.meta.dir, "jmeter", "pom.xml");
  const home = join(folder, "home");
  await fetchJars({ name: "JMeter", megabytes: 70, pom, folder: join(folder, "jars") });
  const unpack = ["dependency:unpack-dependencies", "-DincludeArtifactIds=ApacheJMeter_config"];
  const files = "-Dmdep.unpack.includes=bin/*.properties,bin/log4j2.xml";
  await fetchJars({ name: "JMeter", megabytes: 0, pom, folder: home, goal: [...unpack, files] });
  for (const name of ["ext", "junit"]) mkdirSync(join(home, "lib", name), { recursive: true });
  return home;
}

/** Reads a record in JMeter's own form: a line of names, then one for each sample. */
function resultOf(text: string): JmeterResult {
  const [head = "", ...lines] = text.trim().split("\n");
  const column = (name: string) => head.split(",").indexOf(name);
  const [at, elapsed, code] = [column("timeStamp"), column("elapsed"), column("responseCode")];
  // The columns read here come before the first that may hold a comma.
  // What an assertion has to say may take several lines.
  const rows = lines.filter((line) => /^\d{13},/.test(line)).map((line) => line.split(","));
  const took = rows.map((row) => Number(row[elapsed])).sort((a, b) => a - b);
  const statuses: Record<string, number> = {};
  for (const row of rows) statuses[row[code] ?? ""] = (statuses[row[code] ?? ""] ?? 0) + 1;
  const begins = rows.map((row) => Number(row[at]));
  const ends = rows.map((row) => Number(row[at]) + Number(row[elapsed]));
  return {
    samples: rows.length,
    errors: rows.length - (statuses["201"] ?? 0),
    averageMs: took.reduce((sum, one) => sum + one, 0) / took.length,
    medianMs: took[Math.floor(took.length / 2)] ?? 0,
    maxMs: took.at(-1) ?? 0,
    tookMs: Math.max(...ends) - Math.min(...begins),
    statuses,
  };
}
