import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lifeline } from "../deploy/processes/lifeline.ts";
import { ask } from "../test/client.ts";
import { need, programPath } from "../test/install.ts";
import { freePort, type Server, startServer } from "../test/server.ts";
import { Daemon, privateFolder } from "../test/servers/daemon.ts";
import { type NginxOptions, startNginx } from "../test/servers/nginx.ts";
import { slugAt, targetAt } from "./links.ts";
import { cpuMicros, familyOf, serverCpu } from "./machine.ts";
import type { Contender } from "./rounds.ts";
import type { Bench } from "./scenario.ts";

export type Asked = Omit<Contender["load"], "url">;

const pinned = ["taskset", "-c", `${serverCpu}`];
/** The target of the one link of `hot`, and of every constant. */
export const constantTarget = targetAt(0);
export const usualLoad: Asked = { connections: 64 };

export interface CurtOptions {
  readonly name?: string;
  readonly data?: string;
  /** 1 by default. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it may use every CPU. */
  readonly everywhere?: boolean;
  /** Milliseconds a start may take. */
  readonly startLimit?: number;
}

/** A Curt that serves, all of it on one CPU. */
export async function startCurt(bench: Bench, options: CurtOptions = {}): Promise<Server> {
  const server = await startServer({
    args: ["--workers", `${options.workers ?? 1}`],
    startLimit: options.startLimit ?? 60_000,
    ...(options.data === undefined ? {} : { dataDir: options.data }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.everywhere === true ? {} : { under: pinned }),
  });
  bench.later(() => server.stop());
  return server;
}

/** A Curt as a contender; with no `path`, what is asked for stands in `asked.paths`. */
export function curtContender(server: Server, name: string, asked: Asked, path = ""): Contender {
  const pids = () => familyOf(server.pid);
  return { name, pids, load: { ...asked, url: `${server.url}/${path}` }, settle: () => quiet(pids) };
}

/** Makes a link, and sees that it leads there. */
export async function makeLink(server: Server, slug: string, url: string, more: object = {}): Promise<void> {
  const { status, body } = await ask(server, "POST", "/api/v1/links", { slug, url, ...more });
  if (status !== 201) throw new Error(`A link was not made: ${status} ${JSON.stringify(body)}`);
  await assertRedirect(`${server.url}/${slug}`, url);
}

/** What load makes links with: each another one, see `Load.body`. `key`: an API key. */
export function creates(url: string, key: string, { later }: Bench) {
  const body = join(tmpdir(), `curt-bench-${process.pid}-body-${crypto.randomUUID().slice(0, 8)}.json`);
  writeFileSync(body, JSON.stringify({ url: "https://www.example.com/articles/XXXXXXXX/how-long-addresses-are" }));
  later(() => rmSync(body, { force: true }));
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  return { url: `${url}/api/v1/links`, body, headers, anywhere: true } as const;
}

/** Before anything is measured: the answer is the right one. */
export async function assertRedirect(url: string, target: string): Promise<void> {
  const answer = await fetch(url, { redirect: "manual", keepalive: false });
  const location = answer.headers.get("location");
  if (answer.status !== 302 || location !== target) throw new Error(`${url} answers ${answer.status} to ${location}.`);
}

/** Waits until processes have done what they still had to do, at most 10 s. */
async function quiet(pids: () => readonly number[]): Promise<void> {
  const end = performance.now() + 10_000;
  let before = cpuMicros(pids());
  while (performance.now() < end) {
    await Bun.sleep(100);
    const now = cpuMicros(pids());
    if (now - before < 10_000) return;
    before = now;
  }
}

/** What the runtime itself can do: a `Bun.serve` that answers every request with one constant redirect. */
export async function ceiling(bench: Bench, how: "static" | "handler", asked: Asked): Promise<Contender> {
  const port = freePort();
  const child = Bun.spawn(
    [...pinned, process.execPath, join(import.meta.dir, "ceiling.ts"), `${port}`, constantTarget, how],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const callOff = lifeline('kill -s KILL "$1"', [`${child.pid}`]);
  bench.later(async () => {
    child.kill("SIGKILL");
    await child.exited;
    callOff();
  });
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; tries < 200 && !(await answers(url)); tries++) await Bun.sleep(20);
  await assertRedirect(url, constantTarget);
  return {
    name: `Bun.serve, ${how === "static" ? "static route" : "constant from a handler"}`,
    pids: () => [child.pid],
    load: { ...asked, url },
  };
}

export async function nginx(bench: Bench, name: string, options: NginxOptions, asked: Asked): Promise<Contender> {
  const server = await startNginx(options);
  bench.later(() => server.stop());
  pin(server.pid);
  return { name, pids: () => familyOf(server.pid), load: { ...asked, url: `${server.url}/` } };
}

/** `nginx return 302`. `log`: its access log, as it comes or written in pieces of 64 KB. */
export function nginxConstant(bench: Bench, asked: Asked, log: "off" | "on" | "buffered" = "off"): Promise<Contender> {
  const how = {
    off: "",
    on: "access_log access.log combined;",
    buffered: "access_log access.log combined buffer=64k flush=1s;",
  };
  const name = {
    off: "nginx, one constant",
    on: "nginx, constant, access log",
    buffered: "nginx, constant, buffered access log",
  };
  return nginx(bench, name[log], { server: `${how[log]} location / { return 302 "${constantTarget}"; }` }, asked);
}

/** nginx with `count` links in a `map`. */
export async function nginxMap(bench: Bench, count: number, asked: Asked): Promise<Contender> {
  const folder = privateFolder("map");
  bench.later(() => Bun.spawn(["rm", "-rf", "--", folder]).exited);
  const file = join(folder, "links.map");
  writeFileSync(file, Array.from({ length: count }, (_, i) => `/${slugAt(i)} "${targetAt(i)}";\n`).join(""));
  const http = `map_hash_max_size ${2 * count}; map_hash_bucket_size 128; map $uri $target { include ${file}; }`;
  const server = 'location / { if ($target = "") { return 404; } return 302 $target; }';
  return nginx(bench, `nginx, map of ${count.toLocaleString("en")}`, { http, server, startLimit: 120_000 }, asked);
}

/** HAProxy with `count` links in a `map`, one thread. */
export async function haproxyMap(bench: Bench, count: number, asked: Asked): Promise<Contender> {
  if (!need("haproxy")) throw new Error("HAProxy is not installed.");
  const folder = privateFolder("haproxy-map");
  const port = freePort();
  writeFileSync(
    join(folder, "links.map"),
    Array.from({ length: count }, (_, i) => `/${slugAt(i)} ${targetAt(i)}\n`).join(""),
  );
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout client 30s
    timeout http-request 30s
    timeout http-keep-alive 30s
frontend links
    bind 127.0.0.1:${port}
    http-request redirect location %[path,map_str(${folder}/links.map)] code 302
`,
  );
  const url = `http://127.0.0.1:${port}/`;
  const daemon = new Daemon({
    command: ["haproxy", "-db", "-f", file],
    folder,
    ready: () => answers(`${url}${slugAt(0)}`),
    startLimit: 120_000,
  });
  bench.later(() => daemon.stop());
  await daemon.start();
  pin(daemon.pid);
  return {
    name: `HAProxy, map of ${count.toLocaleString("en")}`,
    pids: () => familyOf(daemon.pid),
    load: { ...asked, url },
  };
}

/** Whether what is compared with can be had; installs it as root on Debian. */
export function haveAll(): boolean {
  const have = need("wrk", "nginx", "haproxy");
  if (programPath("taskset") === null || !existsSync("/proc/self/schedstat")) {
    console.error("The bench needs Linux, and taskset of util-linux.");
    return false;
  }
  return have;
}

function pin(pid: number): void {
  for (const one of familyOf(pid)) Bun.spawnSync(["taskset", "-apc", `${serverCpu}`, `${one}`]);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { keepalive: false, redirect: "manual" })).status > 0;
  } catch {
    return false;
  }
}
