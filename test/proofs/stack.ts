/**
 * The stack without containers (npm run stack): visitors and creators while parts of it are killed, one after another.
 *   npm run proof -- stack [--seconds 5]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ask, follow } from "../client.ts";
import { lifeline } from "../lifeline.ts";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";
import { freePort } from "../server.ts";

const root = join(import.meta.dir, "..", "..");

export interface StackResult {
  /** From the command to the first redirect through the load balancer, in ms, by the command's own account. */
  readonly firstRedirectMs: number;
  /** For each part that was killed: GETs answered while it was dead, and those that failed. */
  readonly killed: Readonly<Record<string, { readonly gets: number; readonly failed: number; readonly made: number }>>;
  /** Visits of a link by its statistics, and as they were answered. */
  readonly clicks: number;
  readonly answered: number;
  /** Exit codes of `status` with all there, and with one dead. */
  readonly whole: number;
  readonly wounded: number;
  /** Parts whose processes are left after `down`. */
  readonly left: string;
}

export async function stackProof({
  seconds,
  log,
}: {
  readonly seconds: number;
  readonly log: (line: string) => void;
}): Promise<StackResult> {
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
  let load: Load<undefined> | undefined;
  try {
    const { out, code } = await stack("up");
    log(out);
    if (code !== 0) throw new Error("It did not come up.");
    const firstRedirectMs = 1000 * Number(/([\d.]+) s {2}first redirect/.exec(out)?.[1] ?? Number.NaN);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(/curl -sSI (\S+)/.exec(out)?.[1] ?? "")?.[0] ?? "";
    const server = { url, key: (await Bun.file(join(folder, "stack", "admin.key")).text()).trim() };
    const target = "https://example.com/loaded";
    const made = await ask(server, "POST", "/api/v1/links", { url: target, slug: "loaded" });
    if (made.status !== 201) throw new Error(`A link was not made: ${made.status}.`);
    const whole = (await stack("status")).code;

    let gets = 0;
    let answered = 0;
    const failed: string[] = [];
    load = new Load({
      url,
      path: "/loaded",
      connections: 16,
      pause: 20,
      sent: () => undefined,
      answered: ({ status, location }) => {
        gets++;
        if (status === 302) answered++;
        if (status !== 302 || location !== target) failed.push(`${status}`);
      },
      failed: (why) => failed.push(why),
    });
    await Bun.sleep(1000);
    const killed: Record<string, { gets: number; failed: number; made: number }> = {};
    let wounded = 0;
    for (const name of ["redis", "cassandra-2", "curt-1"]) {
      const before = { gets, failed: failed.length };
      await stack("kill", name);
      let links = 0;
      for (const end = performance.now() + 1000 * seconds; performance.now() < end; await Bun.sleep(100)) {
        // What a node that dies had in its hands is answered by nobody: only GETs are asked for again.
        const url = `https://example.com/${name}/${links}`;
        const answer = await ask(server, "POST", "/api/v1/links", { url }).catch(() => undefined);
        if (answer?.status === 201) links++;
      }
      wounded = Math.max(wounded, (await stack("status")).code);
      killed[name] = { gets: gets - before.gets, failed: failed.length - before.failed, made: links };
      await stack("start", name);
      await until(async () => (await stack("status")).code === 0, 120_000);
      killed[name].failed = failed.length - before.failed;
      log(`${name}: ${JSON.stringify(killed[name])} ${[...new Set(failed)].join(", ")}`);
    }
    await load.stop();
    load = undefined;
    const clicksOf = async () => (await ask<{ clicks: number }>(server, "GET", "/api/v1/links/loaded")).body.clicks;
    await until(async () => (await clicksOf()) >= answered, 20_000).catch(() => undefined);
    const clicks = await clicksOf();
    const followed = await follow(server, "loaded");
    if (followed.location !== target) throw new Error(`The link leads to ${followed.location}.`);
    await stack("down");
    const left = (await stack("status")).out
      .split("\n")
      .filter((line) => line !== "" && !line.endsWith("does not run"))
      .join("\n");
    await stack("down", "--wipe");
    return { firstRedirectMs, killed, clicks, answered, whole, wounded, left };
  } finally {
    await load?.stop();
    await stack("down", "--wipe").catch(() => undefined);
    callOff();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the result misses of what is promised; empty: nothing. */
export function missed(result: StackResult): string[] {
  const lines: [boolean, string][] = [
    [result.firstRedirectMs > 0, "nothing tells when the first redirect came"],
    [result.whole === 0 && result.wounded === 1 && result.left === "", "status does not tell what runs"],
    // A kill -9 of a Curt takes from the counts what that turn of its loop had read.
    [
      result.answered - result.clicks <= 16 && result.clicks <= result.answered + 16,
      `${result.clicks} clicks of ${result.answered}`,
    ],
    ...Object.entries(result.killed).flatMap(([name, { gets, failed, made }]): [boolean, string][] => [
      [failed === 0, `${failed} GETs failed when ${name} was killed`],
      [gets > 50 && made > 0, `only ${gets} GETs and ${made} creates while ${name} was dead`],
    ]),
  ];
  return lines.flatMap(([kept, line]) => (kept ? [] : [line]));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
  const result = await stackProof({ seconds: Number(values.seconds), log: console.log });
  console.log(JSON.stringify(result, null, 2));
  const problems = missed(result);
  console.log(problems.length === 0 ? "All kept." : `Missed: ${problems.join("; ")}.`);
  process.exit(problems.length === 0 ? 0 : 1);
}
