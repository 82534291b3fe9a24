import { readFileSync } from "node:fs";
import { Deaths } from "./deaths.ts";
import type { PartForMain, PartForWorker } from "./line.ts";
import type { LifePart, MainLine, Member } from "./line-main.ts";
import type { Log } from "./log.ts";
import type { Gatherer, Reporter } from "./metrics/gather.ts";
import { ownProcess, type ProcessName } from "./program.ts";

/** How long a worker may take until it serves, in ms. */
const startLimit = 30_000;
/** The pause before one that could not start with the others is tried again, in ms. */
const retryAfter = 1_000;
/** How long a drain may take before the worker is ended, in ms. */
const drainLimit = 8_500;
/** A worker could not start; the message is the one line to print. */
export class StartFailed extends Error {
  override readonly name = "StartFailed";
}

export interface WorkersOptions {
  readonly count: number;
  readonly line: MainLine;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string>>;
  readonly metrics: Gatherer;
  /** Which program they run: workers, or the one clerk, which lives and dies in the same way. */
  readonly process: Extract<ProcessName, "worker" | "clerk">;
}

/** Keeps `count` workers running: starts them, puts new ones in place of dead ones, recycles and drains them. */
export class Workers {
  readonly #options: WorkersOptions;
  /** Who serves, or is about to. */
  readonly #places: Place[];
  /** Those who are being drained too. */
  readonly #alive = new Set<Worker>();
  #opened = false;
  #started = false;
  #stopping = false;
  #recycling = false;
  #degraded: string | undefined;
  #deaths = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.count }, () => ({
      worker: undefined,
      deaths: new Deaths(),
    }));
  }

  /** How many run, those who leave too, and how many have died since the start. */
  get counts(): { readonly running: number; readonly wanted: number; readonly deaths: number } {
    return { running: this.#alive.size, wanted: this.#options.count, deaths: this.#deaths };
  }

  /** Starts the processes, which load their code and wait for `open`. */
  launch(): void {
    for (const place of this.#places) place.worker = this.#launch(place);
  }

  /**
   * Lets the workers open the store and serve. Returns when all do, or have failed; throws why when none of them could.
   * Where some do, the others are tried again: ending those that serve would help nobody.
   */
  async open(): Promise<void> {
    this.#opened = true;
    // Nobody waits for the clerk: one that ends is always replaced.
    this.#started = this.#options.process === "clerk";
    for (const worker of this.#alive) worker.open();
    const starts = await Promise.allSettled([...this.#alive].map((worker) => worker.ready));
    const failed = starts.filter((start) => start.status === "rejected");
    if (failed.length === starts.length && !this.#started)
      throw failed[0]?.reason ?? new StartFailed("Every worker ended before it served.");
    this.#started = true;
    for (const { reason } of failed) this.#couldNotStart(reason);
    for (const place of this.#places)
      if (place.worker === undefined) setTimeout(() => this.#replace(place), place.deaths.note() || retryAfter);
  }

  /** Puts a new worker in the place of each, one after another; no request fails. `false`: it did not come to the end. */
  async recycle(): Promise<boolean> {
    if (this.#recycling || this.#stopping || !this.#started) return false;
    this.#recycling = true;
    try {
      for (const place of this.#places) {
        const fresh = this.#launch(place);
        await fresh.ready;
        const old = place.worker;
        place.worker = fresh;
        await old?.drain();
        if (this.#stopping) return false;
      }
      return true;
    } catch (error) {
      this.#options.log.error("A worker could not be recycled.", { why: messageOf(error) });
      return false;
    } finally {
      this.#recycling = false;
    }
  }

  /** Drains all, at most 8.5 s. `false`: some had to be ended. */
  async drain(): Promise<boolean> {
    this.#stopping = true;
    const clean = await Promise.all([...this.#alive].map((worker) => worker.drain()));
    return clean.every((one) => one);
  }

  /** Ends all at once. */
  kill(): void {
    this.#stopping = true;
    for (const worker of this.#alive) worker.end();
  }

  /** See `PartForWorker`; workers that start later are told too. */
  degrade(why: string): void {
    this.#degraded = why;
    for (const worker of this.#alive) worker.degrade(why);
  }

  #launch(place: Place): Worker {
    const worker = new Worker(this.#options);
    this.#alive.add(worker);
    void worker.ended.then(() => this.#ended(worker, place));
    if (this.#opened) worker.open();
    if (this.#degraded !== undefined) worker.degrade(this.#degraded);
    return worker;
  }

  #ended(worker: Worker, place: Place): void {
    this.#alive.delete(worker);
    if (this.#stopping || place.worker !== worker) return;
    // Who could not serve is tried again when others do, see `open`; who did is replaced at once.
    if (!this.#started && !worker.served) {
      place.worker = undefined;
      return;
    }
    this.#deaths++;
    const pause = place.deaths.note();
    this.#options.log.warn(`A ${this.#options.process} ended; another takes its place.`, {
      worker: worker.pid,
      how: worker.how,
      pause,
    });
    place.worker = undefined;
    if (pause === 0) this.#replace(place);
    else setTimeout(() => this.#replace(place), pause);
  }

  #replace(place: Place): void {
    if (this.#stopping || place.worker !== undefined) return;
    const worker = this.#launch(place);
    place.worker = worker;
    worker.ready.catch((error) => this.#couldNotStart(error));
  }

  #couldNotStart(error: unknown): void {
    this.#options.log.error(`A ${this.#options.process} could not start.`, { why: messageOf(error) });
  }
}

/** Where one of the workers serves. */
interface Place {
  worker: Worker | undefined;
  readonly deaths: Deaths;
}

/** One worker process. */
class Worker {
  readonly pid: number;
  /** Rejects with what kept it from serving. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  /** Whether it has ever served. */
  served = false;
  /** How it ended. */
  how = "";
  readonly #child: Bun.Subprocess;
  readonly #line: MainLine;
  readonly #log: Log;
  readonly #process: string;
  readonly #member: Member;
  readonly #metrics: Gatherer;
  readonly #reporter: Reporter;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();

  constructor({ line, log, environment, metrics, process: name }: WorkersOptions) {
    this.#line = line;
    this.#process = name;
    this.#log = log;
    this.#metrics = metrics;
    this.#reporter = { ask: () => this.#member.outbox.put({ is: "report" }) };
    metrics.connect(this.#reporter);
    this.ready = this.#ready.promise;
    this.ended = this.#ended.promise;
    // Whoever cares awaits it; for the others a failed start is a death like any other.
    this.ready.catch(() => {});
    this.#member = line.connect({
      send: (parts) => this.#send(parts),
      kill: (why) => this.#kill(why),
      starved: () => waitedForCpu(this.pid),
    });
    this.#child = Bun.spawn(ownProcess(name), {
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
      // Faster than "advanced" for these messages (measured).
      serialization: "json",
      ipc: (parts: PartForMain[]) => this.#receive(parts),
      onExit: (_child, code, signal) => this.#gone(signal === null ? `exit code ${code}` : `signal ${signal}`),
    });
    this.pid = this.#child.pid;
  }

  /** Its time runs from here: before, it waits for main, which may have to wait for the store's schema. */
  open(): void {
    this.#member.outbox.put({ is: "open" });
    const timer = setTimeout(() => this.#kill("It took too long to start."), startLimit);
    const stopTimer = () => clearTimeout(timer);
    this.ready.then(stopTimer, stopTimer);
  }

  degrade(why: string): void {
    this.#member.outbox.put({ is: "degrade", why });
  }

  /** Returns when it has ended, after at most 8.5 s. `false`: it had to be ended. */
  async drain(): Promise<boolean> {
    this.#member.outbox.put({ is: "drain" });
    const timer = setTimeout(() => this.#kill("It took too long to drain."), drainLimit);
    await this.ended;
    clearTimeout(timer);
    return this.how === "exit code 0";
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  #kill(why: string): void {
    this.#log.error(`A ${this.#process} is ended.`, { worker: this.pid, why });
    this.end();
  }

  #send(parts: PartForWorker[]): void {
    try {
      this.#child.send(parts);
    } catch {
      // Its channel is closed, so it leaves by itself; `onExit` follows.
    }
  }

  #receive(parts: readonly PartForMain[]): void {
    for (const part of this.#line.receive(this.#member, parts)) this.#live(part);
  }

  #live(part: LifePart): void {
    if (part.is === "joined") this.#member.outbox.put({ is: "serve" });
    else if (part.is === "ready") {
      this.served = true;
      this.#ready.resolve();
    } else if (part.is === "numbers") this.#metrics.reported(this.#reporter, part.samples);
    else if (part.is === "measure") void this.#measure(part.id);
    else {
      this.#ready.reject(new StartFailed(part.why));
      this.end();
    }
  }

  async #measure(id: number): Promise<void> {
    const text = await this.#metrics.text();
    this.#member.outbox.put({ is: "measured", id, text });
  }

  #gone(how: string): void {
    this.how = how;
    this.#metrics.gone(this.#reporter);
    this.#line.gone(this.#member);
    this.#ready.reject(new StartFailed(`A ${this.#process} ended before it was ready (${how}).`));
    this.#ended.resolve();
  }
}

/** How long the process's main thread has waited for a CPU, in ms. Linux tells; elsewhere it is not known, and 0. */
function waitedForCpu(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
