import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clerkOf, until, workersOf } from "../process-list.ts";
import { type Server, type ServerOptions, startServer } from "../server.ts";
import { startPostgres } from "../servers/postgres.ts";
import { Counts } from "./counts.ts";
import { makeLinks, metric, settled, type Tallied, visitors } from "./visitors.ts";

/** Connections of the visitors: what one turn of a worker's event loop can hold at most. */
export const connections = 64;

export interface FaultOptions {
  /** What `CURT_STORE` takes; the embedded store by default. */
  readonly store?: string;
  readonly links?: number;
  readonly workers?: number;
  readonly log?: (line: string) => void;
}

export interface FaultResult extends Tallied {
  readonly counted: number;
  readonly faults: number;
}

/** Requests that were received and not counted (above 0), or counted and not received (below 0). */
export function missing({ received, counted }: FaultResult): number {
  return received - counted;
}

/**
 * Whether the counts are right after workers were killed: a kill takes the clicks of one turn of the event loop, of which
 * there are at most as many as connections; what was counted and not received was sent by somebody.
 */
export function withinTurns(result: FaultResult): boolean {
  const off = missing(result);
  return off <= result.faults * connections && -off <= result.unanswered;
}

async function withServer(
  { store, links = 100, workers = 4 }: FaultOptions,
  server: ServerOptions,
  use: (server: Server, slugs: string[], counts: Counts) => Promise<FaultResult>,
): Promise<FaultResult> {
  const env = store === undefined ? {} : { CURT_STORE: store };
  const started = await startServer({
    ...server,
    args: ["--workers", `${workers}`, ...(server.args ?? [])],
    env: { ...env, ...server.env },
    startLimit: 60_000,
  });
  try {
    const slugs = await makeLinks(started, links);
    const counts = await Counts.open({ CURT_DATA: started.dataDir, ...env });
    try {
      return await use(started, slugs, counts);
    } finally {
      await counts.close();
    }
  } finally {
    await started.stop();
  }
}

/** Kills a random worker with -9, again and again, while visitors follow links. */
export function killWorkers(options: FaultOptions & { kills: number }): Promise<FaultResult> {
  return withServer(options, {}, async (server, slugs, counts) => {
    const load = visitors(server, slugs, connections);
    for (let done = 0; done < options.kills; done++) {
      // Slower than the limit of deaths, beyond which a new worker waits.
      await Bun.sleep(600 + Math.random() * 800);
      const workers = workersOf(server.pid);
      const victim = workers[Math.floor(Math.random() * workers.length)];
      if (victim !== undefined) process.kill(victim, "SIGKILL");
    }
    await load.stop();
    return counted(load.tallied, options.kills, counts, slugs);
  });
}

/** Waits for the counts after `faults` processes, or groups of them, were killed. */
async function counted(tallied: Tallied, faults: number, counts: Counts, slugs: string[]): Promise<FaultResult> {
  const result = (count: number): FaultResult => ({ ...tallied, counted: count, faults });
  return result(
    await settled(
      () => counts.sum(slugs),
      (count) => withinTurns(result(count)),
    ),
  );
}

/** Kills main, workers and clerk with -9 at once, and starts them again over the same folder. */
export function killGroups(options: FaultOptions & { kills: number }): Promise<FaultResult> {
  return withServer(options, {}, async (server, slugs, counts) => {
    const load = visitors(server, slugs, connections);
    for (let done = 0; done < options.kills; done++) {
      await Bun.sleep(500 + Math.random() * 2000);
      await server.restart();
    }
    await load.stop();
    // Every worker had a turn of its own; the connections were shared among them.
    return counted(load.tallied, options.kills, counts, slugs);
  });
}

/**
 * The clerk ends itself as by -9, at random stages, until it has done so `kills` times. With a mutant of its mechanism the
 * counts must be wrong.
 */
export function killClerk(options: FaultOptions & { kills: number; mutant?: string }): Promise<FaultResult> {
  const { log = () => {}, kills } = options;
  const mutant = ["clerk-dies", ...(options.mutant === undefined ? [] : [options.mutant])].join(",");
  return withServer(options, { env: { CURT_MUTANT: mutant } }, async (server, slugs, counts) => {
    const load = visitors(server, slugs, connections);
    const deaths = () => [...server.output().matchAll(/The clerk dies\..*?"?stage"?[=:]"(\w+)"/g)].map(([, at]) => at);
    await until(() => deaths().length >= kills, kills * 20_000);
    await load.stop();
    // It goes on dying while it counts the rest.
    const counted = await settled(
      () => counts.sum(slugs),
      // More than that are too many, however long one waits.
      (count) => count >= load.tallied.received,
    );
    const stages = Map.groupBy(deaths(), (stage) => stage);
    log(
      `  the clerk died ${deaths().length} times: ${[...stages].map(([at, all]) => `${at} ${all.length}`).join(", ")}`,
    );
    return { ...load.tallied, counted, faults: deaths().length };
  });
}

/** Postgres is gone for a while, and comes back. */
export async function storeDown(options: FaultOptions & { seconds: number }): Promise<FaultResult> {
  const postgres = await startPostgres();
  try {
    return await withServer({ ...options, store: postgres.url }, {}, async (server, slugs, counts) => {
      // So that every worker has every link in memory: the first answers before the last has started.
      await until(() => server.output().includes("Curt on "), 20_000);
      const first = visitors(server, slugs, connections);
      await Bun.sleep(3000);
      await first.stop();
      const load = visitors(server, slugs, connections);
      await Bun.sleep(1000);
      await postgres.kill9();
      await Bun.sleep(options.seconds * 1000);
      const during = load.tallied.received;
      options.log?.(`  ${during} redirects while the store was down, ${load.tallied.other} other answers`);
      await postgres.start();
      await load.stop();
      const sum = async () => {
        try {
          return await counts.sum(slugs);
        } catch {
          return -1;
        }
      };
      const counted = await settled(sum, (count) => count === first.tallied.received + load.tallied.received);
      return {
        received: first.tallied.received + load.tallied.received,
        unanswered: first.tallied.unanswered + load.tallied.unanswered,
        other: first.tallied.other + load.tallied.other,
        counted,
        faults: 1,
      };
    });
  } finally {
    await postgres.stop();
  }
}

export interface DiskResult extends FaultResult {
  /** By `curt_clicks_lost_total`. */
  readonly lost: number;
}

/** The journals' disk, a small one of its own, is full for a while. Needs root. */
export async function diskFull(options: FaultOptions & { seconds: number }): Promise<DiskResult> {
  let lost = 0;
  const result = await withServer(options, {}, async (server, slugs, counts) => {
    // Over the folder that the server made: the workers open no file there before the first click.
    const folder = join(server.dataDir, "journal");
    const clerk = clerkOf(server.pid);
    mkdirSync(folder, { recursive: true });
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", folder);
    try {
      // It has the lock, and maybe its node's name, in the folder below.
      if (clerk !== undefined) process.kill(clerk, "SIGKILL");
      const load = visitors(server, slugs, connections);
      await Bun.sleep(1500);
      const filler = join(folder, "filler");
      for (let at = performance.now(); performance.now() - at < options.seconds * 1000; await Bun.sleep(20))
        fill(filler);
      options.log?.(`  ${await metric(server, "curt_clicks_lost_total")} lost while the disk was full`);
      rmSync(filler);
      await Bun.sleep(1500);
      await load.stop();
      // Every process reports within 2 s.
      await Bun.sleep(2500);
      lost = await metric(server, "curt_clicks_lost_total");
      const counted = await settled(
        () => counts.sum(slugs),
        (count) => count === load.tallied.received - lost,
      );
      lost = await metric(server, "curt_clicks_lost_total");
      return { ...load.tallied, counted, faults: 1 };
    } finally {
      await server.kill9();
      Bun.spawnSync(["umount", "-l", folder]);
    }
  });
  return { ...result, lost };
}

/** Takes all the room that is left. */
function fill(filler: string): void {
  for (let size = 65_536; size >= 1; size /= 4) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: "a" });
    } catch {
      // Full, for pieces of this size.
    }
  }
}

function mount(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...words]);
  if (exitCode !== 0) throw new Error(`mount failed: ${stderr}`);
}
