/**
 * The stack without containers (npm run stack): visitors and creators while parts of it are killed, one after another.
 *   npm run proof -- stack [--seconds 5]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lifeline } from "../../deploy/processes/lifeline.ts";
import { careless, type KilledResult, killInTurn, missedOf } from "../nodes/killed.ts";
import { until } from "../process-list.ts";
import { freePort } from "../server.ts";

const root = join(import.meta.dir, "..", "..");

export interface StackResult extends KilledResult {
  /** From the command to the first redirect through the load balancer, in ms, by the command's own account. */
  readonly firstRedirectMs: number;
  /** Exit codes of `status` with all there, and with one dead. */
  readonly whole: number;
  readonly wounded: number;
  /** GETs that failed when a Curt died behind a load balancer that asks nobody twice and nobody for his health. */
  readonly failedCarelessly: number;
  /** Lines of `status` about what is left after `down`. */
  readonly left: string;
}

export async function stackProof(options: {
  readonly seconds: number;
  readonly log: (line: string) => void;
}): Promise<StackResult> {
  const { seconds, log } = options;
  const folder = mkdtempSync(join(tmpdir(), "curt-stack-"));
  const at = ["--folder", join(folder, "stack"), "--port", `${freePort()}`];
  const stack = async (...words: string[]) => {
    const command = ["sh", join(root, "bin", "run"), "deploy/processes/main.ts", ...words, ...at];
    const child = Bun.spawn(command, { cwd: root, stdout: "pipe", stderr: "inherit" });
    const [out, code] = await Promise.all([child.stdout.text(), child.exited]);
    return { out, code };
  };
  // Its processes outlive the commands, and must not outlive this one.
  const callOff = lifeline('for pid in $(cat "$1"/stack/*/pid); do kill -s KILL "$pid"; done; rm -rf -- "$1"', [
    folder,
  ]);
  try {
    const { out, code } = await stack("up");
    log(out);
    if (code !== 0) throw new Error("It did not come up.");
    const firstRedirectMs = 1000 * Number(/([\d.]+) s {2}first redirect/.exec(out)?.[1] ?? Number.NaN);
    const url = /-D - (http:\/\/127\.0\.0\.1:\d+)/.exec(out)?.[1] ?? "";
    const key = (await Bun.file(join(folder, "stack", "admin.key")).text()).trim();
    const whole = (await stack("status")).code;
    let wounded = 0;
    const start = async (part: string) => {
      wounded = Math.max(wounded, (await stack("status")).code);
      await stack("start", part);
    };
    const all = () => until(async () => (await stack("status")).code === 0, 120_000);
    const controls = { url, key, kill: (part: string) => stack("kill", part), start, whole: all };
    const result = await killInTurn(controls, ["redis", "cassandra-2", "curt-1"], seconds, log);
    if (result.clicks !== result.answered)
      for (const name of ["curt-1", "curt-2"]) log(await Bun.file(join(folder, "stack", name, "log")).text());
    const file = join(folder, "careless.cfg");
    writeFileSync(file, careless(readFileSync(join(root, "deploy", "haproxy", "haproxy.cfg"), "utf8")));
    await stack("stop", "haproxy");
    await stack("start", "haproxy", "--haproxy", file);
    await all();
    const { "curt-1": worse } = (await killInTurn(controls, ["curt-1"], 2, log)).killed;
    await stack("down");
    const left = (await stack("status")).out
      .split("\n")
      .filter((line) => line !== "" && !line.endsWith("does not run"));
    return { firstRedirectMs, ...result, whole, wounded, failedCarelessly: worse?.failed ?? 0, left: left.join("\n") };
  } finally {
    await stack("down", "--wipe").catch(() => undefined);
    callOff();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the result misses of what is promised; empty: nothing. */
export function missed(result: StackResult): string[] {
  const lines: [boolean, string][] = [
    [result.firstRedirectMs > 0, "nothing tells when the first redirect came"],
    [
      result.failedCarelessly > 0,
      "the load balancer's second tries and its looks at the nodes' health are good for nothing",
    ],
    [result.whole === 0 && result.wounded === 1 && result.left === "", "status does not tell what runs"],
  ];
  return [...lines.flatMap(([kept, line]) => (kept ? [] : [line])), ...missedOf(result)];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
  const result = await stackProof({ seconds: Number(values.seconds), log: console.log });
  console.log(JSON.stringify(result, null, 2));
  const problems = missed(result);
  console.log(problems.length === 0 ? "All kept." : `Missed: ${problems.join("; ")}.`);
  process.exit(problems.length === 0 ? 0 : 1);
}
