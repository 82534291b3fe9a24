/**
 * Links move between stores and stay what they are: from the embedded store to Postgres and back, killed with -9 on the
 * way; and out of a store that servers write to, judged by a ledger.
 *   npm run proof -- migrate [--links N] [--kills N]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { program } from "../command.ts";
import { Client, linksOf } from "../ledger/clients.ts";
import { Ledger, type Verdict } from "../ledger/ledger.ts";
import { seeded } from "../ledger/random.ts";
import { differences, fill, heldBy, withStore } from "../migrate/contents.ts";
import { TcpProxy } from "../proxy.ts";
import { plainEnvironment, type Server, startServer } from "../server.ts";
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
  /** SQLite to Postgres, and Postgres to SQLite. */
  readonly runs: readonly Ran[];
  readonly kills: number;
  /** Between the first store and each of the others. */
  readonly differences: readonly string[];
}

/** Moves `links` links from the embedded store to Postgres and on to another embedded store, with some kills. */
export async function moveProof(options: { postgres: Postgres; links: number; kills: number }): Promise<MoveResult> {
  const folder = mkdtempSync(join(tmpdir(), "curt-migrate-"));
  const first = `sqlite:${join(folder, "first", "curt.db")}`;
  const second = `${options.postgres.url}?schema=move_${crypto.randomUUID().slice(0, 8)}`;
  const third = `sqlite:${join(folder, "third", "curt.db")}`;
  // Slow enough to be met in the middle.
  const proxy = new TcpProxy(`127.0.0.1:${options.postgres.port}`);
  try {
    Bun.spawnSync(["mkdir", "-p", join(folder, "first")]);
    const held = await withStore(first, async (store) => {
      await fill(store, options.links);
      return heldBy(store);
    });
    const data = ["--data", join(folder, "data")];
    let kills = 0;
    if (options.kills > 0) {
      const slow = new URL(second);
      slow.port = String(proxy.port);
      proxy.delay = 15;
      for (let kill = 1; kill <= options.kills; kill++) {
        const pages = kill + Math.floor((Math.random() * options.links) / 1000);
        const killed = runMigrate(
          ["--from", first, "--to", slow.href, ...data],
          {},
          { signal: "SIGKILL", at: until(() => pagesIn(second, options.postgres, pages)) },
        );
        if ((await killed).code === 137) kills++;
      }
    }
    const there = await runMigrate(["--from", first, "--to", second, "--json", ...data]);
    const found = differences(held, await withStore(second, heldBy));
    for (let kill = 0; kill < options.kills; kill++) {
      const delay = 300 + Math.random() * 500;
      const killed = await runMigrate(
        ["--from", second, "--to", third, ...data],
        {},
        { signal: "SIGKILL", at: Bun.sleep(delay) },
      );
      if (killed.code === 137) kills++;
    }
    const back = await runMigrate(["--from", second, "--to", third, "--json", ...data]);
    found.push(...differences(held, await withStore(third, heldBy)));
    return { links: options.links, runs: [there, back], kills, differences: found };
  } finally {
    proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the migration into the Postgres store has noted so many steps. */
async function pagesIn(address: string, postgres: Postgres, pages: number): Promise<boolean> {
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
  const postgres = await startPostgres();
  let ok = true;
  try {
    const moved = await moveProof({ postgres, links, kills: Number(values.kills ?? 3) });
    for (const [index, { code, err, out, seconds }] of moved.runs.entries()) {
      const way = index === 0 ? "SQLite to Postgres" : "Postgres to SQLite";
      console.log(`${way}: exit ${code}, ${seconds.toFixed(1)} s. ${out.trim()} ${err.trim()}`);
      if (code !== 0) ok = false;
    }
    const [there, back] = moved.runs.map(({ seconds }) => Math.round(links / seconds));
    // What killed runs copied was not copied again.
    if (moved.kills === 0)
      console.log(`${there} and ${back} links a second, the comparison of both and 7 s of freeze included`);
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
  }
  process.exit(ok ? 0 : 1);
}
