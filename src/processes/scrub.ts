import type { Damage } from "../stores/sql/scrub.ts";
import type { Log } from "./log.ts";
import { ownProcess } from "./program.ts";

export interface ScrubOptions {
  /** The file of the embedded store. */
  readonly path: string;
  readonly log: Log;
  /** Called with why the store can no longer say that something is absent. */
  readonly degrade: (why: string) => void;
  /** When the first begins, and how long after the end of one the next, in ms (5 minutes, an hour). */
  readonly first?: number;
  readonly every?: number;
}

/** More damages than these are only counted in the log. */
const mostLogged = 20;

/**
 * Looks through the store again and again for damage that no read would notice, such as a flip in an index, which makes
 * a live link look absent. Each run is a process of its own, so that it can have the lowest priority and never keeps a
 * commit waiting.
 */
export class Scrub {
  readonly #options: ScrubOptions;
  #child: Bun.Subprocess | undefined;
  #timer: Timer;
  #stopped = false;

  constructor(options: ScrubOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.now(), options.first ?? 300_000);
  }

  /** Begins a run, unless one is under way. */
  now(): void {
    if (this.#child !== undefined || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#options.log.info("Looking through the store for damage.");
    let reported = false;
    this.#child = Bun.spawn(ownProcess("scrub", this.#options.path), {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "json",
      ipc: (damages: Damage[], child) => {
        reported = true;
        this.#report(damages);
        child.kill("SIGKILL");
      },
      onExit: (_child, code, signal) => this.#ended(reported, signal ?? `exit code ${code}`),
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#child?.kill("SIGKILL");
  }

  #ended(reported: boolean, how: string | number): void {
    this.#child = undefined;
    if (this.#stopped) return;
    if (!reported) this.#options.log.warn("The look through the store came to no end.", { how });
    this.#timer = setTimeout(() => this.now(), this.#options.every ?? 3_600_000);
  }

  #report(damages: readonly Damage[]): void {
    const { log, degrade } = this.#options;
    if (damages.length === 0) log.info("No damage was found.");
    for (const { part, message } of damages.slice(0, mostLogged))
      log.error("Damage was found.", { part, what: message });
    if (damages.length > mostLogged) log.error("More damage was found.", { count: damages.length - mostLogged });
    const hiding = damages.find((damage) => damage.hides);
    if (hiding === undefined) return;
    log.error("Until it is repaired (curt doctor, curt restore) unknown slugs get 503, and nothing is written.");
    degrade(hiding.message);
  }
}
