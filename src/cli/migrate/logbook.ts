import { controlKind } from "../../core/freeze.ts";
import type { Document, Store } from "../../core/store.ts";
import { CommandFailed } from "../shell.ts";
import type { Digest } from "./digest.ts";
import { untilAnswered } from "./patient.ts";

/** How far a migration is. */
export interface Stage {
  /**
   * `links`: copies the links in the order of the list; `marks`: then the marks of deleted ones; `changes`: then what was
   * changed since, until nothing is left.
   */
  readonly phase: "links" | "marks" | "changes";
  /** Where in the source's feed the changes begin that are not copied yet. */
  readonly feed: string;
  /** Where `links` or `marks` goes on. */
  readonly cursor: string | null;
}

interface Kept {
  /** Until the end. */
  readonly stage?: Stage;
  /** What was moved, at the end. */
  readonly ended?: Digest;
  /** The id of the store that the links come from. */
  readonly source: string;
  /** RFC 3339. */
  readonly at: string;
}

const kind = "migration";
const id = "source";

/** What belongs to a store and not to its links. */
export function staysBehind(document: Document): boolean {
  return document.kind === kind || document.kind === controlKind;
}

/** What the target keeps of a migration into it, so that another run goes on where this one ends. */
export class Logbook {
  readonly #target: Store;
  readonly #source: string;
  #version: number;

  readonly #signal: AbortSignal;

  private constructor(target: Store, source: string, version: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#target = target;
    this.#source = source;
    this.#version = version;
  }

  /**
   * Opens that of the target, and gives the stage it is at or what was moved; neither if it begins. Throws `CommandFailed`
   * if the target holds anything that is not from this source. `shown`: how the target is called.
   */
  static async open(
    target: Store,
    source: string,
    shown: string,
    signal: AbortSignal,
  ): Promise<{ readonly book: Logbook; readonly stage?: Stage; readonly ended?: Digest }> {
    const found = await target.registry.get(kind, id);
    if (found === undefined) {
      const there = await contentOf(target);
      if (there !== undefined)
        throw new CommandFailed(`${shown} is not empty: it holds ${there}. ${anotherOne}`, "not_empty");
      return { book: new Logbook(target, source, 0, signal) };
    }
    const { source: movedFrom, at, ...rest } = JSON.parse(found.value) as Kept;
    if (movedFrom !== source)
      throw new CommandFailed(
        `${shown} holds a migration from another store, last at work ${at}. ${anotherOne}`,
        "not_empty",
      );
    return { book: new Logbook(target, source, found.version, signal), ...rest };
  }

  /** Durable when it returns. Throws `CommandFailed` if another migration works on the same target. */
  async write(stage: Stage): Promise<void> {
    await this.#put({ stage });
  }

  /** All was moved. As `write`. */
  async end(ended: Digest): Promise<void> {
    await this.#put({ ended });
  }

  async #put(what: Pick<Kept, "stage" | "ended">): Promise<void> {
    const kept: Kept = { source: this.#source, at: new Date().toISOString(), ...what };
    const document = { kind, id, value: JSON.stringify(kept), version: this.#version + 1, expiresAt: null };
    const { registry } = this.#target;
    await untilAnswered(async () => {
      const outcome = await registry.put(document);
      // An attempt that was not answered may have stored it.
      const there = outcome.outcome === "stored" || outcome.current?.value === document.value;
      if (!there) throw new CommandFailed("Another migration into this store is at work.");
    }, this.#signal);
    this.#version++;
  }
}

const anotherOne = "Name an empty one with --to: another file, database or ?schema=.";

/** One thing that a store holds, in words; `undefined` if it is empty. */
async function contentOf({ contents }: Store): Promise<string | undefined> {
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof contents.scanLinks>> = await contents.scanLinks(cursor, 10);
    if (page.items[0] !== undefined) return `links, such as /${page.items[0].slug}`;
    if (page.next === null) break;
    cursor = page.next;
  }
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof contents.scanDocuments>> = await contents.scanDocuments(cursor, 10);
    const found = page.items.find((document) => !staysBehind(document));
    if (found !== undefined) return `what a server made in it (${found.kind}/${found.id})`;
    if (page.next === null) return undefined;
    cursor = page.next;
  }
}
