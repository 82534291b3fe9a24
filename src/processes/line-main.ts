import { keyOf } from "../core/link.ts";
import { type Change, StoreUnavailable } from "../core/store.ts";
import type { Committer } from "../stores/sql/operation.ts";
import { Outbox, type PartForMain, type PartForWorker, packError } from "./line.ts";

/** How long a worker may be silent about what it was to forget, in ms, and about nothing at all: then nobody waits for it. */
const patience = 1000;
const idlePatience = 5000;
/** How often it is asked about nothing, so that one that hangs is found though nobody changes anything, in ms. */
const beatEvery = 2000;
const tick = 250;
/** From so many times its patience on it counts too when it gets no CPU. Ending it would cost its visitors their answers, and help nobody. */
const longestPatience = 5;

/** A worker as the line sees it. */
export interface Listener {
  /** May fail silently: a worker that is gone is reported with `gone`. */
  send(parts: PartForWorker[]): void;
  /** Ends the process at once. `gone` is called when it has ended. */
  kill(why: string): void;
  /** How long the process could have run and got no CPU, in ms since its start; 0 where that is not known. */
  starved(): number;
}

/** What concerns a worker's life and what it counts, and not the store. */
export type LifePart = Exclude<PartForMain, { is: "write" | "announce" | "forgotten" }>;

interface Announcement {
  readonly from: Member;
  readonly id: number;
  readonly changes: readonly Change[];
}

interface Batch {
  readonly announcements: readonly Announcement[];
  /** Each with the ticks for which it was silent though it had a CPU. */
  readonly waitingFor: Map<Member, number>;
  readonly patience: number;
  ticks: number;
}

/** Main's end of one worker's line. */
export class Member {
  readonly outbox: Outbox<PartForWorker>;
  present = true;
  #starved = 0;
  constructor(readonly listener: Listener) {
    this.outbox = new Outbox((parts) => listener.send(parts));
  }

  /** Whether it waited for a CPU for most of the tick since the last call. */
  isStarving(): boolean {
    const before = this.#starved;
    this.#starved = this.listener.starved();
    return this.#starved - before > tick / 2;
  }
}

/**
 * Main's end of the lines: commits what the workers write, and tells all of them what to forget. Whoever announced a
 * change is answered when every worker has forgotten, or has ended.
 */
export class MainLine {
  #committer: Pick<Committer, "commit"> | undefined;
  /** Those who hear of changes. */
  readonly #audience = new Set<Member>();
  readonly #batches = new Map<number, Batch>();
  #announcements: Announcement[] = [];
  #lastBatch = 0;
  #ticker: Timer | undefined;

  /** From now on writes are taken. */
  open(committer: Pick<Committer, "commit">): void {
    this.#committer = committer;
  }

  /** From now on workers that hang are looked for. */
  watch(): void {
    // A batch under way asks already.
    setInterval(() => this.#batches.size === 0 && this.#send([], [], idlePatience), beatEvery).unref();
  }

  /** A new worker; it hears of changes from its `joined` on. */
  connect(listener: Listener): Member {
    return new Member(listener);
  }

  /** Takes what a worker sent. What concerns its life is returned, in order. */
  receive(from: Member, parts: readonly PartForMain[]): LifePart[] {
    const life: LifePart[] = [];
    for (const part of parts) {
      if (part.is === "write") this.#write(from, part);
      else if (part.is === "announce") this.#announce({ from, id: part.id, changes: part.changes });
      else if (part.is === "forgotten") this.#forgotten(from, part.batch);
      else {
        if (part.is === "joined") this.#audience.add(from);
        life.push(part);
      }
    }
    return life;
  }

  /** The worker's process has ended: nobody waits for it any longer. What it wrote goes on. */
  gone(member: Member): void {
    member.present = false;
    this.#audience.delete(member);
    for (const id of [...this.#batches.keys()]) this.#forgotten(member, id);
  }

  #write(from: Member, { id, ops }: Extract<PartForMain, { is: "write" }>): void {
    const written = this.#committer?.commit(ops) ?? Promise.reject(new StoreUnavailable("The store is not open yet."));
    written.then(
      (results) => from.present && from.outbox.put({ is: "written", id, results }),
      (error) => from.present && from.outbox.put({ is: "unwritten", id, error: packError(error) }),
    );
  }

  #announce(announcement: Announcement): void {
    if (this.#announcements.length === 0) setImmediate(() => this.#broadcast());
    this.#announcements.push(announcement);
  }

  /** What was announced in one turn goes out as one batch. */
  #broadcast(): void {
    const announcements = this.#announcements;
    this.#announcements = [];
    const latest = new Map<string, Change>();
    for (const change of announcements.flatMap((one) => one.changes))
      if (change.version > (latest.get(keyOf(change))?.version ?? 0)) latest.set(keyOf(change), change);
    this.#send(announcements, [...latest.values()], patience);
  }

  #send(announcements: readonly Announcement[], changes: readonly Change[], patience: number): void {
    const batch = ++this.#lastBatch;
    const waitingFor = new Map([...this.#audience].map((one) => [one, 0]));
    this.#batches.set(batch, { announcements, waitingFor, patience, ticks: 0 });
    for (const member of this.#audience) {
      member.outbox.put({ is: "forget", batch, changes });
      member.outbox.flush();
    }
    this.#ticker ??= setInterval(() => this.#tick(), tick);
    this.#finish(batch);
  }

  #forgotten(member: Member, id: number): void {
    if (this.#batches.get(id)?.waitingFor.delete(member)) this.#finish(id);
  }

  #finish(id: number): void {
    const batch = this.#batches.get(id);
    if (batch === undefined || batch.waitingFor.size > 0) return;
    this.#batches.delete(id);
    for (const { from, id: announced } of batch.announcements)
      if (from.present) from.outbox.put({ is: "announced", id: announced });
    if (this.#batches.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  /** Time is counted in turns of main itself, so that a main that was stopped or busy does not blame the workers. */
  #tick(): void {
    const starving = new Map<Member, boolean>();
    const isStarving = (member: Member) => {
      const is = starving.get(member) ?? member.isStarving();
      starving.set(member, is);
      return is;
    };
    for (const batch of this.#batches.values()) {
      batch.ticks++;
      for (const [member, silent] of batch.waitingFor) {
        if (isStarving(member) && batch.ticks * tick < longestPatience * batch.patience) continue;
        batch.waitingFor.set(member, silent + 1);
        if (silent * tick === batch.patience) member.listener.kill(`It was silent for ${batch.patience} ms.`);
      }
    }
  }
}
