import type { LinkId } from "../core/link.ts";
import { keyOf } from "../core/link.ts";
import { StoreUnavailable } from "../core/store.ts";
import type { Committer } from "../stores/sql/operation.ts";
import { Outbox, type PartForMain, type PartForWorker, packError } from "./line.ts";

/** How long a worker may be silent about what it was to forget, in ms. */
const patience = 1000;
const tick = 250;

/** A worker as the line sees it. */
export interface Listener {
  /** May fail silently: a worker that is gone is reported with `gone`. */
  send(parts: PartForWorker[]): void;
  /** Ends the process at once. `gone` is called when it has ended. */
  kill(why: string): void;
}

/** What concerns a worker's life, and not the store. */
export type LifePart = Exclude<PartForMain, { is: "write" | "announce" | "forgotten" }>;

interface Announcement {
  readonly from: Member;
  readonly id: number;
  readonly ids: readonly LinkId[];
}

interface Batch {
  readonly announcements: readonly Announcement[];
  readonly waitingFor: Set<Member>;
  ticks: number;
}

/** Main's end of one worker's line. */
export class Member {
  readonly outbox: Outbox<PartForWorker>;
  present = true;
  constructor(readonly listener: Listener) {
    this.outbox = new Outbox((parts) => listener.send(parts));
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

  /** A new worker; it hears of changes from its `joined` on. */
  connect(listener: Listener): Member {
    return new Member(listener);
  }

  /** Takes what a worker sent. What concerns its life is returned, in order. */
  receive(from: Member, parts: readonly PartForMain[]): LifePart[] {
    const life: LifePart[] = [];
    for (const part of parts) {
      if (part.is === "write") this.#write(from, part);
      else if (part.is === "announce") this.#announce({ from, id: part.id, ids: part.ids });
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
    const ids = new Map(announcements.flatMap((one) => one.ids.map((id) => [keyOf(id), id] as const)));
    const batch = ++this.#lastBatch;
    this.#batches.set(batch, { announcements, waitingFor: new Set(this.#audience), ticks: 0 });
    for (const member of this.#audience) {
      member.outbox.put({ is: "forget", batch, ids: [...ids.values()] });
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
    for (const batch of this.#batches.values())
      if (++batch.ticks * tick === patience + tick)
        for (const member of batch.waitingFor) member.listener.kill("It was silent for a second while others waited.");
  }
}
