/**
 * A profile of compose.yaml, from nothing: the time to the first redirect through its load balancer; then visitors and
 * creators while parts of it are killed, one after another. It has a project, a network and volumes of its own, and removes them.
 *   npm run proof -- compose [--compose "docker compose"] [--profile cluster] [--kill redis,cassandra-2,curt-cluster-1] [--seconds 6]
 * With `--careless` its load balancer asks nobody twice and nobody for his health, and GETs must fail.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { careless, killInTurn, missedOf } from "../nodes/killed.ts";
import { freePort, plainEnvironment } from "../server.ts";

/** How long everything may take to come up, in ms. */
const startLimit = 900_000;
/** How long a part that was started again gets until the next one is killed, in ms: not every engine tells its health. */
const recovery = 20_000;

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    compose: { ...text, default: "docker compose" },
    profile: { ...text, default: "cluster" },
    kill: { ...text, default: "redis,cassandra-2,curt-cluster-1" },
    seconds: { ...text, default: "6" },
    careless: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dir, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "curt-compose-"));
const usual = readFileSync(join(root, "deploy", "compose", "haproxy.cfg"), "utf8");
const configuration = join(folder, "haproxy.cfg");
writeFileSync(configuration, values.careless ? careless(usual) : usual, { mode: 0o644 });
const port = freePort();
const url = `http://127.0.0.1:${port}`;
const words = [...values.compose.split(" "), "-p", "curt-proof", "--profile", values.profile];

async function compose(
  ...args: string[]
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const child = Bun.spawn([...words, ...args], {
    cwd: root,
    env: {
      ...plainEnvironment(),
      PUBLISH: `127.0.0.1:${port}`,
      SUBNET: "172.30.58",
      BUILDAH_FORMAT: "docker",
      HAPROXY_CFG: configuration,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out: out.trim(), err, code };
}

async function must(...args: string[]): Promise<string> {
  const { out, err, code } = await compose(...args);
  if (code !== 0) throw new Error(`compose ${args.join(" ")} ended with ${code}:\n${err}`);
  return out;
}

/** Returns the admin key when a link was made and followed. */
async function firstRedirect(): Promise<string> {
  const body = JSON.stringify({ url: "https://example.com/first", slug: "first", reuse: true });
  for (const until = performance.now() + startLimit; performance.now() < until; await Bun.sleep(250)) {
    const key = (await compose("exec", "-T", "haproxy", "cat", "/secrets/admin-key")).out;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(5000);
    await fetch(`${url}/api/v1/links`, { method: "POST", headers, body, signal }).catch(() => undefined);
    const followed = await fetch(`${url}/first`, { redirect: "manual", signal }).catch(() => undefined);
    if (followed?.status === 302) return key;
  }
  throw new Error("No redirect came through the load balancer.");
}

let problems: string[];
try {
  const began = performance.now();
  await must("up", "-d");
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  console.log(`up returned after ${seconds()} s`);
  const key = await firstRedirect();
  console.log(`first redirect through the load balancer after ${seconds()} s`);
  const kill = (part: string) => must("kill", part);
  const start = (part: string) => must("start", part);
  const stack = { url, key, kill, start, whole: () => Bun.sleep(recovery) };
  const result = await killInTurn(stack, values.kill.split(","), Number(values.seconds), console.log);
  console.log(JSON.stringify(result, null, 2));
  problems = missedOf(result);
} finally {
  await compose("down", "-v");
  rmSync(folder, { recursive: true, force: true });
}
console.log(problems.length === 0 ? "All kept." : `Missed: ${problems.join("; ")}.`);
process.exit(problems.length === 0 ? 0 : 1);
