import { existsSync } from "node:fs";
import { type App, openApp } from "../app.ts";
import { Enricher } from "../clicks/enrich.ts";
import { segmentsIn } from "../clicks/files.ts";
import { Folding, type FoldStage } from "../clicks/folding.ts";
import { forgetAddresses } from "../clicks/forget.ts";
import { bundledPlaces, Places } from "../clicks/places.ts";
import { type Config, readConfig } from "../config.ts";
import { journalFolder } from "./folder.ts";
import type { PartForWorker } from "./line.ts";
import { WorkerLine } from "./line-worker.ts";
import { type FolderLock, FolderLocked, lockFolder } from "./lock.ts";
import { type Log, openLog } from "./log.ts";
import { watchSelf } from "./metrics/own.ts";
import { dieLoudly, listenInWorker } from "./signals.ts";

/** How often what is new is counted, in ms. */
const every = 1_000;
/** The longest pause after a failure, in ms. */
const longestPause = 5_000;
/** How long the one before may hold the journals, in ms. */
const lockPatience = 10_000;
/** How much time housekeeping gets after a batch, in ms, and how often it is asked for where there was nothing to do. */
const tendBudget = 50;
const tendEvery = 60_000;
/** What is not counted so many ms after the end was asked for is left on disk for the next start. */
const drainLimit = 5_000;
const reportEvery = 2_000;
/**
 * From so much memory on, in bytes, what is no longer needed is given back after a batch. Left to itself the runtime lets it grow
 * beyond 350 MB under load, and doesn't give it back at rest; this costs 0.2 to 0.5 µs a click.
 */
const tidyAbove = 160e6;
/** Addresses are forgotten two days after they came, counted or not: looked for each hour, in those of 47 hours. */
const forgetEvery = 3_600_000;
const forgetAfter = 47 * 3_600_000;
/** For tests: a clerk that dies here shows that its mechanism is broken. */
const tells: Readonly<Record<"position-first" | "no-batch-numbers", FoldStage>> = {
  "position-first": "moved",
  "no-batch-numbers": "added",
};

/** The process that carries the clicks from the workers' journals into the store. Main starts it. */
function runClerk(toMain: (message: unknown) => void): void {
  const config = readConfig();
  const log = openLog(config.log);
  dieLoudly(log);
  const self = watchSelf("clerk");
  const folder = journalFolder(config.data);
  let app: App | undefined;
  let folding: Folding | undefined;
  let work: Promise<void> | undefined;
  let lock: FolderLock | undefined;
  let draining = false;
  let wake = () => {};

  const line = new WorkerLine(
    (parts) => {
      try {
        toMain(parts);
      } catch {
        // Main is gone; "disconnect" follows.
      }
    },
    {
      open: () => {
        line.tell({ is: "ready" });
        setInterval(report, reportEvery).unref();
        work ??= run();
      },
      serve: () => {},
      forget: () => {},
      degrade: (why) => app?.degrade(why),
      report,
      drain: () => void drain(),
    },
  );

  async function run(): Promise<void> {
    lock = await lockJournals(folder);
    const enricher = new Enricher(placesOf(config, log));
    let failures = 0;
    let tendAt = 0;
    let forgetAt = 0;
    for (;;) {
      const began = performance.now();
      let more = false;
      try {
        if (began >= forgetAt) {
          forgetAt = began + forgetEvery;
          forgetAddresses(folder, Date.now() - forgetAfter);
        }
        app ??= await openApp(config, { committer: line, announce: async () => {} });
        folding ??= foldingOf(app, enricher);
        more = await folding.fold();
        if (began >= tendAt && !draining) {
          const unfinished = await app.store.clicks.tend(folding.writer, Date.now(), tendBudget);
          tendAt = unfinished ? 0 : began + tendEvery;
        }
        if (failures > 0) log.warn("Clicks are added to the store again.");
        failures = 0;
      } catch (error) {
        if (failures++ === 0)
          log.warn("Clicks can't be added to the store; they wait on disk.", { why: String(error) });
        if (draining) return;
      }
      if (process.memoryUsage.rss() > tidyAbove) Bun.gc(true);
      if (more) continue;
      if (draining) return;
      const pause = failures === 0 ? every - (performance.now() - began) : Math.min(longestPause, every * failures);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, Math.max(0, pause));
      });
    }
  }

  function foldingOf({ store }: App, enricher: Enricher): Folding {
    const { clicks, registry, id: storeId } = store;
    const mutants = config.mutants.filter((one) => one === "position-first" || one === "no-batch-numbers");
    return new Folding({
      folder,
      clicks,
      registry,
      storeId,
      enricher,
      now: Date.now,
      log,
      mutants,
      reached: (stage) => {
        if (!config.mutants.includes("clerk-dies")) return;
        // A segment is removed once a minute, when other stages were gone through sixty times.
        const any = stage === "removed" ? 0.7 : 0.1;
        const chance = mutants.length === 0 ? any : mutants.some((one) => tells[one] === stage) ? 0.5 : 0;
        if (Math.random() < chance) dieAt(stage, log);
      },
    });
  }

  function report(): void {
    const waiting = existsSync(folder) ? segmentsIn(folder).reduce((sum, { size }) => sum + size, 0) : 0;
    line.tell({
      is: "numbers",
      samples: [
        ...self(),
        { name: "curt_clicks_counted_total", labels: {}, value: folding?.counted ?? 0 },
        { name: "curt_clicks_waiting_bytes", labels: {}, value: waiting },
      ],
    });
  }

  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    setTimeout(() => process.exit(0), drainLimit);
    wake();
    await work;
    report();
    await app?.close();
    lock?.release();
    process.exit(0);
  }

  listenInWorker(() => void drain());
  process.on("message", (parts) => line.receive(parts as PartForWorker[]));
  process.on("disconnect", () => process.exit(0));
}

/** Holds the journals until the process ends: one of an earlier start may be about to leave. Throws `FolderLocked`. */
async function lockJournals(folder: string): Promise<FolderLock> {
  const until = performance.now() + lockPatience;
  for (;;) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (!(error instanceof FolderLocked) || performance.now() > until) throw error;
      await Bun.sleep(100);
    }
  }
}

function placesOf({ geo }: Config, log: Log): Places {
  if (geo === "none") return new Places([]);
  try {
    return new Places(geo === undefined ? bundledPlaces() : [geo]);
  } catch (error) {
    log.error("The file of places can't be read; countries and cities stay empty.", { file: geo, why: String(error) });
    return new Places([]);
  }
}

/** For tests: ends this process as `kill -9` would. */
function dieAt(stage: string, log: Log): void {
  log.warn("The clerk dies.", { stage });
  process.kill(process.pid, "SIGKILL");
}

if (process.send === undefined) {
  console.error("curt: the clerk is started by curt serve, not by itself.");
  process.exit(2);
}
runClerk(process.send.bind(process));
