import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../package.json";
import { type Config, childEnvironment, readConfig } from "./config.ts";
import { StoreDamaged, StoreUnavailable } from "./core/store.ts";
import { adminKeyFile, keepAdminKey } from "./processes/admin-key.ts";
import { journalFolder, makeFolder } from "./processes/folder.ts";
import { MainLine } from "./processes/line-main.ts";
import { FolderLocked, lockData } from "./processes/lock.ts";
import { type Log, openLog } from "./processes/log.ts";
import { Gatherer } from "./processes/metrics/gather.ts";
import { watchSelf } from "./processes/metrics/own.ts";
import type { Sample } from "./processes/metrics/table.ts";
import { openPatiently } from "./processes/patience.ts";
import { PortRefused, probePort } from "./processes/port.ts";
import { Scrub } from "./processes/scrub.ts";
import { dieLoudly, type EndSignals, listenForEnd } from "./processes/signals.ts";
import { openMarks } from "./processes/slugs.ts";
import { StartFailed, Workers } from "./processes/workers.ts";
import { HastyCommitter } from "./stores/sql/hasty.ts";

/** In seconds since 1970. */
const startedAt = Math.round(performance.timeOrigin / 1000);

/**
 * Serves until a signal asks for the end, and returns the exit code: 0 after a clean drain, 1 if it could not start or
 * had to be cut off. `demo`: keeps everything in a folder of its own, wiped now, and lets anyone create links.
 */
export async function runMain(asked: Config, { demo = false } = {}): Promise<number> {
  const config = demo ? demoConfig(asked) : asked;
  const log = openLog(config.log);
  dieLoudly(log);
  const signals = listenForEnd();
  try {
    for (const folder of new Set([config.data, dirname(config.storePath)])) makeFolder(folder);
    const lock = lockData(config);
    try {
      if (demo) wipe(config.data);
      makeFolder(journalFolder(config.data));
      return await serve(config, log, signals);
    } finally {
      lock.release();
    }
  } catch (error) {
    console.error(`curt: ${refusalOf(error, config)}`);
    return 1;
  }
}

async function serve(config: Config, log: Log, signals: EndSignals): Promise<number> {
  await probePort(config.host, config.port);
  const line = new MainLine();
  line.watch();
  const self = watchSelf("main");
  const metrics = new Gatherer(() => [...self(), ...ofMain(workers, config)]);
  const environment = childEnvironment(config);
  const workers: Workers = new Workers({ count: config.workers, line, log, environment, metrics, process: "worker" });
  const clerk = new Workers({ count: config.countClicks ? 1 : 0, line, log, environment, metrics, process: "clerk" });
  process.on("SIGUSR2", () => void recycle(workers, log));
  // They load their code while main loads its own and opens the store.
  workers.launch();
  try {
    const { openApp, openCommitter } = await import("./app.ts");
    const committer = openCommitter(config);
    try {
      const hasty = config.mutants.includes("answer-first");
      if (committer !== undefined) line.open(hasty ? new HastyCommitter(committer) : committer);
      const open = async () => {
        const app = await openApp(config, { committer, announce: async () => {} });
        try {
          return { app, madeKey: await app.keys.ensureAdmin() };
        } catch (error) {
          await app.close();
          throw error;
        }
      };
      const limit = config.store.kind === "sqlite" ? 0 : config.storeWait;
      const opened = await openPatiently(open, { limit, log, asked: signals.asked });
      if (opened === undefined) return 0;
      const { app, madeKey } = opened;
      const marks = committer && openMarks(config, committer, log);
      if (madeKey !== undefined) keepAdminKey(config.data, madeKey);
      // Before the greeting: whoever has read it may send the signal.
      const scrub = committer && openScrub(config, log, [committer, workers, { degrade: () => marks?.end() }]);
      process.on("SIGUSR1", () => scrub?.now());
      const started = workers.open();
      const setup = app.accounts.setup.first().catch(() => undefined);
      if (await Promise.race([started.then(() => true), signals.asked.then(() => false)]))
        console.log(greeting(config, madeKey, (await setup)?.token));
      // After the workers, which are waited for.
      clerk.launch();
      clerk.open().catch(() => {});
      marks?.begin();
      const code = await end([workers, clerk], log, signals);
      scrub?.stop();
      marks?.end();
      await app.close();
      return code;
    } finally {
      await committer?.close();
    }
  } finally {
    workers.kill();
    clerk.kill();
  }
}

/** What only main knows. */
function ofMain(workers: Workers, config: Config): Sample[] {
  const { running, wanted, deaths } = workers.counts;
  const info = { version: manifest.version, store: config.store.kind, cache: config.cache.kind };
  return [
    { name: "curt_workers", labels: {}, value: running },
    { name: "curt_workers_wanted", labels: {}, value: wanted },
    { name: "curt_worker_deaths_total", labels: {}, value: deaths },
    { name: "curt_start_time_seconds", labels: {}, value: startedAt },
    { name: "curt_info", labels: info, value: 1 },
  ];
}

/** Looks through the embedded store's file now and then. */
function openScrub(config: Config, log: Log, concerned: readonly { degrade(why: string): void }[]): Scrub {
  const degrade = (why: string) => {
    for (const one of concerned) one.degrade(why);
  };
  return new Scrub({ path: config.storePath, log, degrade });
}

/** Waits for the end to be asked for, and drains one after another: the clerk counts what the workers answered last. */
async function end(all: readonly Workers[], log: Log, signals: EndSignals): Promise<number> {
  const signal = await signals.asked;
  log.info("Answering what was asked, then ending.", { signal });
  const drained = async () => {
    const clean: boolean[] = [];
    for (const some of all) clean.push(await some.drain());
    return clean.every((one) => one);
  };
  const clean = await Promise.race([drained(), signals.insisted.then(() => false)]);
  if (!clean) log.warn("The end was not clean: some requests were cut off.");
  return clean ? 0 : 1;
}

async function recycle(workers: Workers, log: Log): Promise<void> {
  const done = await workers.recycle();
  if (done) log.info("Every worker was recycled.");
  else log.warn("The workers were not all recycled.");
}

/** The settings of `--demo`. A store that is named is kept, and only the rest is in the folder that is wiped. */
function demoConfig(asked: Config): Config {
  return readConfig({ ...asked.raw, CURT_DATA: join(asked.data, "demo"), CURT_PUBLIC_CREATE: "true" }, {});
}

/** All but the lock, which we hold. */
function wipe(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== "curt.lock" && name !== "curt.pid") rmSync(join(folder, name), { recursive: true });
}

function greeting(config: Config, madeKey: string | undefined, setup: string | undefined): string {
  const local = /^(127\.|0\.0\.0\.0$|::1?$|localhost$)/.test(config.host);
  const host = local ? "localhost" : config.host.includes(":") ? `[${config.host}]` : config.host;
  const url = `http://${host}:${config.port}`;
  const workers = config.workers === 1 ? "1 worker" : `${config.workers} workers`;
  const lines = [`Curt on ${url} (${workers}), data in ${config.data}`];
  const door = config.sources.CURT_BASE_URL === "default" ? url : config.baseUrl;
  const invitation =
    setup === undefined
      ? []
      : [`Dashboard: set a password at ${door}/dashboard/setup#${setup} (works once, for an hour)`];
  if (madeKey === undefined)
    return [
      ...lines,
      ...(config.adminKey === undefined ? [`Admin key: in ${adminKeyFile(config.data)}`] : []),
      ...invitation,
    ].join("\n");
  return [
    ...lines,
    ...invitation,
    "",
    `Admin key, with every right: ${madeKey}`,
    `It is kept in ${adminKeyFile(config.data)}, readable for you only, and not shown again.`,
    "",
    "Make a link, and follow it:",
    `  curl -sS ${url}/api/v1/links -H 'Authorization: Bearer ${madeKey}' -H 'Content-Type: application/json' -d '{"url":"https://example.com/","slug":"hello","reuse":true}' -w '\\n'`,
    `  curl -sSI ${url}/hello`,
    "",
  ].join("\n");
}

/** One line for what keeps the server from starting; what nobody foresaw goes on. */
function refusalOf(error: unknown, config: Config): string {
  if (error instanceof FolderLocked || error instanceof PortRefused || error instanceof StartFailed)
    return error.message;
  if (error instanceof StoreDamaged || error instanceof StoreUnavailable) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) return `${path} can't be used (${code}). CURT_DATA is ${config.data}.`;
  if (code?.startsWith("SQLITE_")) return `The data folder ${config.data} can't be used: ${message} (${code}).`;
  throw error;
}
