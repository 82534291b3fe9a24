/**
 * The image, built and run by a container engine: its size, its user, a root that can't be written, health, an end under load,
 * and data that stays.
 *   npm run proof -- image [--engine docker] [--image NAME]
 * `--engine` may be several words, such as "sudo podman"; `--image` takes one that is built. On a machine without systemd
 * podman asks for no health by itself, and is asked to.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { ask, follow } from "../client.ts";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";
import { freePort } from "../server.ts";
import { surelyRead } from "./recycle.ts";

const root = join(import.meta.dir, "..", "..");

export interface ImageOptions {
  readonly engine: readonly string[];
  /** By default it is built. */
  readonly image?: string | undefined;
  readonly log: (line: string) => void;
}

export interface ImageResult {
  readonly megabytes: number;
  readonly packedMegabytes: number;
  /** As the image names it, and as the kernel sees the process. */
  readonly user: string;
  readonly uid: string;
  /** What a command in the container hears that writes outside of /data and /tmp. */
  readonly writing: string;
  readonly health: string;
  readonly startMs: number;
  readonly answered: number;
  /** Requests that were sent and got no right answer. */
  readonly failed: number;
  readonly endMs: number;
  readonly exitCode: number;
  /** After a new start over the same volume. */
  readonly location: string | null;
  readonly clicks: number;
}

export async function imageProof({ engine, image, log }: ImageOptions): Promise<ImageResult> {
  const id = `curt-proof-${process.pid}`;
  const tag = image ?? id;
  const run = async (...args: string[]) => {
    // In the format that podman takes by itself there is no health check.
    const env = { ...process.env, BUILDAH_FORMAT: "docker" };
    const child = Bun.spawn([...engine, ...args], { cwd: root, env, stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out: out.trim(), err: err.trim() };
  };
  const must = async (...args: string[]) => {
    const { code, out, err } = await run(...args);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${err}`);
    return out;
  };
  const asked = (what: string, format: string) => must("inspect", "--format", format, what);
  try {
    if (image === undefined) {
      const from = performance.now();
      await must("build", "-t", tag, ".");
      log(`Built in ${((performance.now() - from) / 1000).toFixed(0)} s.`);
    }
    const megabytes = Math.round(Number(await asked(tag, "{{.Size}}")) / 1e6);
    const packed = Bun.spawn(["sh", "-c", '"$@" | gzip -6 | wc -c', "size", ...engine, "save", tag], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const packedMegabytes = Math.round(Number(await packed.stdout.text()) / 1e6);
    log(`${megabytes} MB, ${packedMegabytes} MB packed.`);

    const server = { url: `http://127.0.0.1:${freePort()}`, key: `curt_image_${crypto.randomUUID()}` };
    const settings = { CURT_HOST: "127.0.0.1", CURT_PORT: new URL(server.url).port, CURT_ADMIN_KEY: server.key };
    const env = Object.entries({ ...settings, CURT_WORKERS: "2" }).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    const volume = ["-v", `${id}:/data`, "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"];
    const began = performance.now();
    // Its own network would be reached through a proxy of the engine, which hides who failed.
    await must("run", "-d", "--name", id, "--network", "host", ...volume, ...env, tag);
    const ready = async () => (await fetch(`${server.url}/readyz`).catch(() => undefined))?.status === 200;
    await until(ready, 60_000);
    const startMs = Math.round(performance.now() - began);
    const pid = await asked(id, "{{.State.Pid}}");
    const status = await Bun.file(`/proc/${pid}/status`).text();
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? "";
    const user = await asked(id, "{{.Config.User}}");
    const report = ["--users", "1", "--loops", "1", "--report", "/report.html"];
    const writing = (await run("exec", id, "/usr/local/bin/curt", "bench", `${server.url}/healthz`, ...report)).err;
    const health = await healthOf(run, id);

    const made = await ask(server, "POST", "/api/v1/links", { url: "https://example.com/kept", slug: "kept" });
    if (made.status !== 201) throw new Error(`A link was not made: ${made.status}.`);
    let answered = 0;
    const wrong: string[] = [];
    let unread = 0;
    let asking = Number.POSITIVE_INFINITY;
    const load = new Load({
      url: server.url,
      path: "/kept",
      connections: 64,
      sent: () => performance.now(),
      answered: ({ status }) => {
        if (status === 302) answered++;
        else wrong.push(`${status}`);
      },
      failed: (why, sent) => {
        // Where nobody listens any more nothing was asked. In the last moment the kernel may have taken a connection that
        // the program did not; a load balancer asks another node by then.
        if (sent === undefined) return;
        if (sent < asking + surelyRead) wrong.push(why);
        else unread++;
      },
    });
    await Bun.sleep(2000);
    await must("kill", "--signal", "TERM", id);
    asking = performance.now();
    const exitCode = Number(await must("wait", id));
    const endMs = Math.round(performance.now() - asking);
    await load.stop();
    if (wrong.length > 0) log(`  ${[...new Set(wrong)].join(", ")}`);
    if (unread > 0) log(`${unread} came when it had stopped listening.`);

    await must("start", id);
    await until(ready, 60_000);
    const { location } = await follow(server, "kept");
    const clicksOf = async () => (await ask<{ clicks: number }>(server, "GET", "/api/v1/links/kept")).body.clicks;
    // This one visit is counted, too.
    await until(async () => (await clicksOf()) > answered, 30_000).catch(() => undefined);
    const clicks = (await clicksOf()) - 1;
    const found = { user, uid, writing, health, startMs, answered, failed: wrong.length, endMs, exitCode };
    return { megabytes, packedMegabytes, ...found, location, clicks };
  } finally {
    await run("rm", "-f", id);
    await run("volume", "rm", "-f", id);
    if (image === undefined) await run("rmi", tag);
  }
}

type Run = (...args: string[]) => Promise<{ readonly code: number; readonly out: string }>;

/** What the engine says of its health, or what it finds when it is told to ask. */
async function healthOf(run: Run, id: string): Promise<string> {
  const said = async () => (await run("inspect", "--format", "{{.State.Health.Status}}", id)).out;
  for (let i = 0; i < 40 && (await said()) === "starting"; i++) {
    // Podman without systemd does not by itself; Docker has no such command.
    if ((await run("healthcheck", "run", id)).code === 0) return (await said()) || "healthy";
    await Bun.sleep(500);
  }
  return said();
}

/** What the result misses of what is promised; empty: nothing. */
export function missed(result: ImageResult): string[] {
  const lines: [boolean, string][] = [
    [result.packedMegabytes > 20 && result.packedMegabytes < 150, `${result.packedMegabytes} MB packed`],
    [result.user === "10001:10001" && result.uid === "10001", `it runs as ${result.user} (${result.uid})`],
    [/EROFS|[Rr]ead-only/.test(result.writing), `writing its root gives: ${result.writing}`],
    [result.health === "healthy", `its health is ${result.health}`],
    [result.answered > 500, `only ${result.answered} requests were answered`],
    [result.failed === 0, `${result.failed} requests failed`],
    [result.endMs < 10_000 && result.exitCode === 0, `it ended after ${result.endMs} ms with ${result.exitCode}`],
    [result.location === "https://example.com/kept", `after a restart the link leads to ${result.location}`],
    [result.clicks === result.answered, `${result.clicks} clicks were counted of ${result.answered}`],
  ];
  return lines.flatMap(([kept, line]) => (kept ? [] : [line]));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { engine: { type: "string", default: "docker" }, image: { type: "string" } },
  });
  const engine = values.engine.split(" ");
  const result = await imageProof({ engine, image: values.image, log: console.log });
  console.log(JSON.stringify(result, null, 2));
  const problems = missed(result);
  console.log(problems.length === 0 ? "All kept." : `Missed: ${problems.join("; ")}.`);
  process.exit(problems.length === 0 ? 0 : 1);
}
