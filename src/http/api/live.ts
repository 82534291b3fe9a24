import type { ClickStore, ClickSubject } from "../../core/click.ts";
import { CurtError } from "../../core/errors.ts";
import { liveEvery, liveHeartbeat, liveLimit, livePatience } from "../limits.ts";
import type { ShownLive } from "./click-schemas.ts";

const day = 86_400_000;
/** "Just now" is so long, in ms; so long a subject is followed after the last listener left, for the next one. */
const minute = 60_000;
/** Events that may wait in a stream to be read; later ones are left out, since each has all the counts. */
const mostUnread = 16;

export interface LiveOptions {
  readonly stats: Pick<ClickStore, "read" | "visits">;
  /** In ms. */
  readonly now: () => number;
}

interface Listener {
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  /** When it last had room, in ms. */
  readAt: number;
}

/** What is followed of one subject, for all who listen to it. */
interface Watch {
  readonly subject: ClickSubject;
  readonly listeners: Set<Listener>;
  timer: Timer | undefined;
  saidAt: number;
  last: ShownLive | undefined;
  /** Clicks since it is followed, and how many there were at times of the last minute, the oldest first. */
  sum: number;
  samples: { readonly at: number; readonly sum: number }[];
  heardAt: number;
}

/**
 * Streams of the counts of today (`text/event-stream`): one at once, then one each time they changed, looked at once a
 * second for each subject, however many listen; with what came within the last minute. A line of nothing every 15 s says that the stream lives.
 */
export class LiveCounts {
  readonly #options: LiveOptions;
  readonly #watches = new Map<string, Watch>();
  #listeners = 0;
  #leaving = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** A stream of a subject's counts. Throws `CurtError` `rate_limited` when there are too many, or the server leaves. */
  open(subject: ClickSubject): ReadableStream<Uint8Array> {
    if (this.#leaving) throw new CurtError("rate_limited", "This server leaves. Another one answers.", [], 1);
    if (this.#listeners >= liveLimit)
      throw new CurtError("rate_limited", `More than ${liveLimit} listen already.`, [], liveHeartbeat / 1000);
    this.#listeners++;
    const key = JSON.stringify(subject);
    let end = () => {};
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          end = this.#listen(key, subject, { stream, readAt: this.#options.now() });
        },
        cancel: () => end(),
      },
      { highWaterMark: mostUnread },
    );
  }

  /** Ends all streams, and opens no more. */
  leave(): void {
    this.#leaving = true;
    for (const watch of this.#watches.values())
      for (const listener of [...watch.listeners]) this.#drop(watch, listener);
  }

  #listen(key: string, subject: ClickSubject, listener: Listener): () => void {
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = {
        subject,
        listeners: new Set(),
        timer: undefined,
        saidAt: 0,
        last: undefined,
        sum: 0,
        samples: [],
        heardAt: 0,
      };
      this.#watches.set(key, watch);
      void this.#look(key, watch);
    } else if (watch.last !== undefined) send(listener, eventOf({ ...watch.last, added: 0 }));
    watch.listeners.add(listener);
    const mine = watch;
    return () => this.#drop(mine, listener);
  }

  #drop(watch: Watch, listener: Listener): void {
    if (!watch.listeners.delete(listener)) return;
    this.#listeners--;
    try {
      listener.stream.close();
    } catch {
      // It was cancelled.
    }
  }

  async #look(key: string, watch: Watch): Promise<void> {
    const { now } = this.#options;
    const next = await this.#counts(watch).catch(() => undefined);
    // Nobody may have come while it was read, or somebody gone.
    if (next !== undefined && next !== watch.last) {
      watch.last = next;
      this.#tell(watch, eventOf(next));
    } else if (now() - watch.saidAt >= liveHeartbeat) this.#tell(watch, ":\n\n");
    if (watch.listeners.size > 0) watch.heardAt = now();
    if (this.#leaving || now() - watch.heardAt > minute) this.#watches.delete(key);
    else watch.timer = setTimeout(() => void this.#look(key, watch), liveEvery);
  }

  /** The counts of today; the last ones themselves where nothing changed. */
  async #counts(watch: Watch): Promise<ShownLive> {
    const { subject, last } = watch;
    const at = this.#options.now();
    const from = at - (at % day);
    const { total, unique, bots } = await this.#options.stats.read({
      subject,
      from,
      to: at + 1,
      unit: "day",
      by: null,
      bots: true,
    });
    const today = new Date(from).toISOString().slice(0, 10);
    const same = last !== undefined && last.day === today ? last : undefined;
    const before = last === undefined ? total + bots : same === undefined ? 0 : same.total + same.bots;
    const added = total + bots - before;
    if (watch.samples.length === 0) watch.samples.push(await this.#beginning(subject, at));
    watch.sum += added;
    const lately = latelyOf(watch, at);
    if (same !== undefined && same.total === total && same.bots === bots && isSame(same.minute, lately)) return same;
    return { at: new Date(at).toISOString(), day: today, total, unique, bots, added, minute: lately };
  }

  /** What is known of the minute before a subject is followed: of a link its latest visits. */
  async #beginning(subject: ClickSubject, at: number): Promise<Watch["samples"][number]> {
    if (subject.of !== "link") return { at, sum: 0 };
    const visits = await this.#options.stats.visits(subject.link, 1000);
    return { at: at - minute, sum: -visits.filter(({ time }) => time > at - minute).length };
  }

  #tell(watch: Watch, text: string): void {
    const now = this.#options.now();
    watch.saidAt = now;
    for (const listener of [...watch.listeners]) {
      if ((listener.stream.desiredSize ?? 0) > 0) listener.readAt = now;
      if (now - listener.readAt > livePatience) this.#drop(watch, listener);
      else send(listener, text);
    }
  }
}

/** How many clicks came in the last minute, or since it is followed. */
function latelyOf(watch: Watch, at: number): ShownLive["minute"] {
  const { samples, sum } = watch;
  samples.push({ at, sum });
  while ((samples[1]?.at ?? at) <= at - minute) samples.shift();
  const first = samples[0] ?? { at, sum };
  return { clicks: sum - first.sum, seconds: Math.min(60, Math.round((at - first.at) / 1000)) };
}

/** Seconds that pass are nothing new until there are 60. */
function isSame(one: ShownLive["minute"], other: ShownLive["minute"]): boolean {
  return one.clicks === other.clicks && (one.seconds === 60) === (other.seconds === 60);
}

function send({ stream }: Listener, text: string): void {
  if ((stream.desiredSize ?? 0) > 0) stream.enqueue(new TextEncoder().encode(text));
}

function eventOf(counts: ShownLive): string {
  return `event: counts\ndata: ${JSON.stringify(counts)}\n\n`;
}
