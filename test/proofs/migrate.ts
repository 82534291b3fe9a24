/**
 * Links move between stores and stay what they are: from the embedded store to Postgres, Cassandra and back, killed with -9
 * on the way; and out of a store that servers write to, judged by a ledger.
 *   npm run proof -- migrate [--links N] [--kills N]
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { program } from "../command.ts";
import { need } from "../install.ts";
import { Client, linksOf } from "../ledger/clients.ts";
import { Ledger, type Verdict } from "../ledger/ledger.ts";
import { seeded } from "../ledger/random.ts";
import { differences, fill, heldBy, withStore } from "../migrate/contents.ts";
import { TcpProxy } from "../proxy.ts";
import { plainEnvironment, type Server, startServer } from "../server.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";
import { type Postgres, startPostgres } from "../servers/postgres.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

/** Runs `curt migrate`. `end`: what it is sent, when `at` resolves. */
export async function runMigrate(
  args: string[],
  env: Record<string, string> = {},
  end?: { readonly signal: "SIGKILL" | "SIGINT"; readonly at: Promise<unknown> },
): Promise<Ran> {
  const from = performance.now();
  const child = Bun.spawn(["sh", program, "migrate", ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  void end?.at.then(() => child.kill(end.signal));
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code, seconds: (performance.now() - from) / 1000 };
}

export interface MoveResult {
  readonly links: number;
  /** One after the other; those that were killed are left out. */
  readonly runs: readonly Ran[];
  readonly kills: number;
  /** Between the first store and each of the others. */
  readonly differences: readonly string[];
}

/**
 * Moves `links` links from the embedded store to Postgres, from there to Cassandra if there is one, and on to another
 * embedded store. Each way is killed `kills` times, and after
 * that the one to Postgres is cut off for 2 s.
 */
export async function moveProof(options: {
  readonly postgres: Postgres;
  /** The address of an empty keyspace. */
  readonly cassandra?: string;
  readonly links: number;
  readonly kills: number;
}): Promise<MoveResult> {
  const folder = mkdtempSync(join(tmpdir(), "curt-migrate-"));
  const inPostgres = `${options.postgres.url}?schema=move_${crypto.randomUUID().slice(0, 8)}`;
  const ways = [
    `sqlite:${join(folder, "first", "curt.db")}`,
    inPostgres,
    ...(options.cassandra === undefined ? [] : [options.cassandra]),
    `sqlite:${join(folder, "last", "curt.db")}`,
  ];
  const [first = ""] = ways;
  // Slow enough to be met in the middle.
  const proxy = new TcpProxy(`127.0.0.1:${options.postgres.port}`);
  proxy.delay = 15;
  const slow = new URL(inPostgres);
  slow.port = String(proxy.port);
  const data = ["--data", join(folder, "data")];
  const runs: Ran[] = [];
  const found: string[] = [];
  let kills = 0;
  try {
    mkdirSync(join(folder, "first"));
    const held = await withStore(first, async (store) => {
      await fill(store, options.links);
      return heldBy(store);
    });
    for (const [index, to] of ways.slice(1).entries()) {
      const from = ways[index] ?? "";
      for (let kill = 1; kill <= options.kills; kill++) {
        const pages = kill + Math.floor((Math.random() * options.links) / 1000);
        const at =
          to === inPostgres
            ? until(() => hasNoted(inPostgres, options.postgres, pages))
            : Bun.sleep(300 + Math.random() * 500);
        const aim = to === inPostgres ? slow.href : to;
        const killed = await runMigrate(["--from", from, "--to", aim, ...data], {}, { signal: "SIGKILL", at });
        if (killed.code === 137) kills++;
      }
      const stormy = to === inPostgres && options.kills > 0;
      const storm = stormy ? cut(proxy) : undefined;
      runs.push(await runMigrate(["--from", from, "--to", stormy ? slow.href : to, "--json", ...data]));
      await storm;
      found.push(...differences(held, await withStore(to, heldBy)));
    }
    return { links: options.links, runs, kills, differences: found };
  } finally {
    proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Two seconds without a connection, from the first second on. */
async function cut(proxy: TcpProxy): Promise<void> {
  await Bun.sleep(1000);
  proxy.weather = "cut";
  await Bun.sleep(2000);
  proxy.weather = "pass";
}

/** Whether the migration into the Postgres store has noted so many steps. */
async function hasNoted(address: string, postgres: Postgres, pages: number): Promise<boolean> {
  const schema = new URL(address).searchParams.get("schema") ?? "";
  const sql = new Bun.SQL(postgres.url, { max: 1 });
  try {
    const rows = await sql.unsafe(`SELECT version FROM "${schema}".registry WHERE kind = 'migration'`);
    return Number(rows[0]?.version ?? 0) > pages;
  } catch {
    // There is no table yet.
    return false;
  } finally {
    await sql.close();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end && !(await condition()); ) await Bun.sleep(5);
}

export interface ServedResult {
  readonly run: Ran;
  readonly acknowledged: number;
  readonly verdict: Verdict;
  /** Of redirects that were asked for without pause all the time. */
  readonly redirects: number;
  readonly redirectsFailed: number;
  /** How long creates were refused, in ms. */
  readonly frozenMs: number;
}

/**
 * Moves out of a store while clients change links and visitors follow one. `to` must be empty. Then serves the target, and
 * the ledger judges that server.
 */
export async function servedProof(options: {
  readonly store: Record<string, string>;
  readonly from: (server: Server) => string;
  readonly to: string;
  readonly links: number;
  readonly mutant?: string;
}): Promise<ServedResult> {
  const mutant: Record<string, string> = options.mutant === undefined ? {} : { CURT_MUTANT: options.mutant };
  const server = await startServer({ args: ["--workers", "2"], env: { ...options.store, ...mutant } });
  const folder = mkdtempSync(join(tmpdir(), "curt-migrate-"));
  const ended = new AbortController();
  const counts = { redirects: 0, failed: 0, firstRefusal: 0, lastRefusal: 0 };
  try {
    const ledger = new Ledger();
    const seed = Math.floor(Math.random() * 1e6);
    console.log(`migrate: seed ${seed}`);
    const clients = Array.from({ length: 8 }, (_, number) => new Client(ledger, server, number, seed));
    await makeLinks(server, options.links);
    const working = [
      ...clients.map((client) => client.run(ended.signal)),
      visit(server, ended.signal, counts),
      knock(server, ended.signal, counts),
    ];
    await Bun.sleep(500);
    const env = { ...mutant, CURT_SERVER: server.url, CURT_KEY: server.key };
    const run = await runMigrate(
      ["--from", options.from(server), "--to", options.to, "--data", join(folder, "data"), "--json"],
      env,
    );
    ended.abort();
    await Promise.all(working);
    const acknowledged = ledger.counts.acknowledged;
    const next = await startServer({ args: ["--workers", "1"], env: { CURT_STORE: options.to } });
    try {
      const target = { url: next.url, key: next.key };
      const verdict = await ledger.judge(linksOf(target), Number.POSITIVE_INFINITY, seeded(seed));
      return {
        ...{ run, acknowledged, verdict, redirects: counts.redirects, redirectsFailed: counts.failed },
        frozenMs: Math.round(counts.lastRefusal - counts.firstRefusal),
      };
    } finally {
      await next.stop();
    }
  } finally {
    ended.abort();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeLinks(server: Server, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ url: `https://example.org/old/${index}`, slug: `old-${index}` }),
  );
  const answer = await fetch(`${server.url}/api/v1/links/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  await answer.text();
  if (answer.status !== 200) throw new Error(`The batch was answered with ${answer.status}.`);
}

async function visit(server: Server, signal: AbortSignal, counts: { redirects: number; failed: number }) {
  while (!signal.aborted) {
    const slug = `old-${counts.redirects++ % 500}`;
    const answer = await fetch(`${server.url}/${slug}`, { redirect: "manual" }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status !== 302) counts.failed++;
    await Bun.sleep(2);
  }
}

/** Makes links without pause, and notes since when and until when that was refused. */
async function knock(server: Server, signal: AbortSignal, counts: { firstRefusal: number; lastRefusal: number }) {
  for (let index = 0; !signal.aborted; index++) {
    const answer = await fetch(`${server.url}/api/v1/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({ url: "https://example.org/knock", slug: `knock-${index}` }),
    }).catch(() => undefined);
    const text = await answer?.text();
    if (answer?.status === 503 && text?.includes("read_only") && answer.headers.get("retry-after") !== null) {
      counts.lastRefusal = performance.now();
      counts.firstRefusal ||= counts.lastRefusal;
    }
    await Bun.sleep(50);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { links: { type: "string" }, kills: { type: "string" } } });
  const links = Number(values.links ?? 100_000);
  const kills = Number(values.kills ?? 3);
  const keyspace = need("cassandra") ? new Keyspace(await startCassandra()) : undefined;
  const postgres = await startPostgres();
  let ok = true;
  try {
    const cassandra = keyspace === undefined ? {} : { cassandra: keyspace.url };
    const moved = await moveProof({ postgres, ...cassandra, links, kills });
    for (const { code, err, out, seconds } of moved.runs) {
      // What killed runs copied is not copied again.
      const rate = moved.kills > 0 ? "" : `, ${Math.round(links / seconds)} links a second with freeze and comparison`;
      console.log(`exit ${code}, ${seconds.toFixed(1)} s${rate}. ${out.trim()} ${err.trim()}`);
      if (code !== 0) ok = false;
    }
    console.log(
      `${links} links, ${moved.kills} kills: ${moved.differences.length} differences. ${moved.differences.join("\n")}`,
    );
    if (moved.differences.length > 0) ok = false;
    const store = `${postgres.url}?schema=served`;
    const served = await servedProof({
      ...{ store: { CURT_STORE: store }, from: () => store, to: `${postgres.url}?schema=served_to` },
      links: Math.min(links, 20_000),
    });
    console.log(JSON.stringify(served));
    const { lost, wrong, resurrected } = served.verdict;
    if (served.run.code !== 0 || served.redirectsFailed + lost + wrong + resurrected > 0) ok = false;
  } finally {
    await postgres.stop();
    await keyspace?.drop();
  }
  process.exit(ok ? 0 : 1);
}
