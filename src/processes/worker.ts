import { hostname } from "node:os";
import manifest from "../../package.json";
import { type App, newLinksAreMarked, openApp } from "../app.ts";
import { Journal } from "../clicks/journal.ts";
import { type Config, readConfig } from "../config.ts";
import { shownSettings } from "../config-shown.ts";
import { bundledCredit } from "../core/click.ts";
import { isPreview } from "../core/preview.ts";
import { type Change, StoreUnavailable } from "../core/store.ts";
import type { StoreReport } from "../core/timed-store.ts";
import type { Dashboard } from "../dashboard/assets.ts";
import { type HttpServer, serveHttp } from "../http/server.ts";
import { type FollowedFeed, followFeed } from "./feed.ts";
import { journalFolder } from "./folder.ts";
import type { PartForWorker } from "./line.ts";
import { WorkerLine } from "./line-worker.ts";
import { type Log, openLog } from "./log.ts";
import { WorkerNumbers, type WorkerParts } from "./metrics/of-worker.ts";
import { dieLoudly, listenInWorker } from "./signals.ts";
import { Traces } from "./traces.ts";

/** A drain that takes longer than so many ms is cut off. */
const drainLimit = 8_000;
/** How long a worker tries to open the store, in ms: less than main waits for it to serve. */
const openPatience = 15_000;
/** How long a visitor waits for the other workers to hear of an edit, in ms: longer than one may be silent that has a CPU. */
const tellLimit = 1_500;
/** How often main gets to know what was counted though nobody asked, in ms: as much a kill can take from the metrics. */
const reportEvery = 2_000;

/** One of the processes that answer requests. Main starts it; by itself it is nothing. */
function runWorker(toMain: (message: unknown) => void): void {
  const config = readConfig();
  const log = openLog(config.log);
  dieLoudly(log);
  const unheard = config.mutants.includes("no-broadcast");
  const untold = unheard || config.workers === 1 || config.mutants.includes("no-telling");
  let app: App | undefined;
  let server: HttpServer | undefined;
  const clicks = config.countClicks
    ? new Journal({ folder: journalFolder(config.data), now: Date.now, log })
    : undefined;
  // However this process ends: what the turn holds is written.
  process.on("exit", () => clicks?.close());
  let feed: FollowedFeed | undefined;
  const traces = config.traces === undefined ? undefined : openTraces(config, config.traces, log);
  const numbers = new WorkerNumbers();
  let draining = false;
  let damage: string | undefined;
  let openedPage: Promise<Dashboard> | undefined;

  const line = new WorkerLine(
    (parts) => {
      try {
        toMain(parts);
      } catch {
        // Main is gone; "disconnect" follows.
      }
    },
    {
      open: () => attempt(open),
      serve: () => attempt(serve),
      forget: (changes) => app?.resolver.forget(changes),
      degrade: (why) => {
        damage = why;
        app?.degrade(why);
      },
      report,
      drain: () => void drain(),
    },
  );

  /**
   * Main has opened the store a moment ago, so one that can't be asked now is in bad weather. Other workers may serve
   * already, and giving up would end them too.
   */
  async function open(): Promise<void> {
    for (const until = performance.now() + openPatience; app === undefined; ) {
      try {
        app = await openParts();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || performance.now() > until) throw error;
        await Bun.sleep(500);
      }
    }
    if (damage !== undefined) app.degrade(damage);
    // From before the first link is remembered.
    if (!unheard) feed = await followFeed(app.store.links, app.resolver, log);
    line.tell({ is: "joined" });
  }

  function openParts(): Promise<App> {
    return openApp(config, {
      committer: line,
      announce: unheard ? async () => {} : announce,
      ...(untold ? {} : { tell }),
      storeReport: traces === undefined ? numbers.storeReport : bothReports(numbers.storeReport, traces.storeReport),
      reportsEvery: traces !== undefined,
      cacheReport: ({ address, state, why }) => {
        if (state === "up") log.info(`The cache at ${address} is used.`);
        else log.warn(`The cache at ${address} is not used.`, { why });
      },
    });
  }

  const marked = newLinksAreMarked(config);
  async function announce(changes: readonly Change[]): Promise<void> {
    const news = marked ? changes.filter(({ version }) => version > 1) : changes;
    if (news.length > 0) await line.announce(news);
  }

  /** Without main, or with one that hangs, redirects go on. */
  async function tell(news: readonly Change[]): Promise<void> {
    await Promise.race([line.announce(news).catch(() => {}), Bun.sleep(tellLimit)]);
  }

  /** The page's code is loaded when somebody opens it. */
  const dashboard: Dashboard = async (path, request) => {
    openedPage ??= import("../dashboard/assets.ts").then(({ openDashboard }) => openDashboard());
    return (await openedPage)(path, request);
  };

  async function serve(): Promise<void> {
    if (app === undefined || draining) return;
    const { links, resolver, limiter, keys, accounts, history, census, hash, store } = app;
    server = serveHttp({
      ...config,
      // The filter of the embedded store answers for what is not there.
      unknownLimit: config.store.kind === "sqlite" ? 0 : config.unknownLimit,
      dashboard,
      links,
      resolver,
      limiter,
      isPreview,
      keys,
      accounts,
      history,
      census,
      settings: shownSettings(config),
      hash,
      registry: store.registry,
      clicks,
      stats: store.clicks,
      placesCredit: config.geo === undefined ? bundledCredit : null,
      log,
      now: Date.now,
      counts: numbers.requests,
      metricsText: () => line.measure(),
      tracing: traces,
    });
    setInterval(report, reportEvery).unref();
    line.tell({ is: "ready" });
  }

  function report(): void {
    const parts: WorkerParts | undefined = app && { ...app, clicks, feedAge: () => feed?.age() ?? 0 };
    line.tell({ is: "numbers", samples: numbers.samples(parts) });
  }

  /** What keeps the worker from starting is told to main, which ends it. */
  function attempt(step: () => Promise<void>): void {
    step().catch((error) => line.tell({ is: "failed", why: error instanceof Error ? error.message : String(error) }));
  }

  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    setTimeout(() => process.exit(1), drainLimit);
    await server?.drain();
    feed?.stop();
    report();
    await app?.close();
    await traces?.end();
    process.exit(0);
  }

  listenInWorker(() => void drain());
  process.on("message", (parts) => line.receive(parts as PartForWorker[]));
  // Without main nothing can be written, and nobody would tell what changed.
  process.on("disconnect", () => process.exit(0));
}

/** Traces are of one worker, and told apart by its id. */
function openTraces({ baseUrl, store }: Config, collector: string, log: Log): Traces {
  const resource = {
    "service.name": "curt",
    "service.version": manifest.version,
    "service.instance.id": `${hostname()}:${process.pid}`,
    "server.address": new URL(baseUrl).host,
    "curt.store": store.kind,
  };
  return new Traces({ collector, resource, log });
}

function bothReports(first: StoreReport, second: StoreReport): StoreReport {
  return (...told) => {
    first(...told);
    second(...told);
  };
}

if (process.send === undefined) {
  console.error("curt: a worker is started by curt serve, not by itself.");
  process.exit(2);
}
runWorker(process.send.bind(process));
