import { keyOf, type LinkRecord } from "../../core/link.ts";
import type { Change, Store } from "../../core/store.ts";

const pageSize = 1000;
/** Links that are read at once. */
const together = 50;
/** For so long, in ms, a change that was announced is waited for: an engine may tell of it before it is made, or failed. */
const waitFor = 30_000;
/** More links are not remembered as up to date. */
const mostKnown = 200_000;

interface Awaited {
  readonly change: Change;
  readonly until: number;
}

/** Carries what changes in the source over to the target. */
export class Replay {
  readonly #source: Store;
  readonly #target: Store;
  readonly #idle: boolean;
  #cursor: string;
  /** The version that was carried over of each link, so that a feed may tell the same again and again. */
  readonly #known = new Map<string, number>();
  readonly #awaited = new Map<string, Awaited>();

  /** `idle`, for tests, which must fail with it: carries nothing over. */
  constructor(source: Store, target: Store, cursor: string, idle = false) {
    this.#idle = idle;
    this.#source = source;
    this.#target = target;
    this.#cursor = cursor;
  }

  /** Where another replay may begin; `undefined` while some change that was announced is still waited for. */
  get safeCursor(): string | undefined {
    return this.#awaited.size === 0 ? this.#cursor : undefined;
  }

  /**
   * Carries over all that changed until now, and gives how many changes were new; "expired": the feed does not reach back
   * so far, and all must be copied again.
   */
  async round(): Promise<number | "expired"> {
    if (this.#idle) return 0;
    const waiting = [...this.#awaited.values()].map(({ change }) => change);
    let count = waiting.length > 0 ? await this.#carry(waiting) : 0;
    for (;;) {
      const page = await this.#source.links.changes(this.#cursor, pageSize);
      if (page === "expired") return "expired";
      count += await this.#carry(page.changes);
      this.#cursor = page.cursor;
      if (page.changes.length < pageSize) return count;
    }
  }

  /** Copies these links as they are now. Gives how many of them were not known to be up to date. */
  async #carry(changes: readonly Change[]): Promise<number> {
    const latest = new Map<string, Change>();
    for (const change of changes) {
      const key = keyOf(change);
      if (change.version <= Math.max(this.#known.get(key) ?? 0, latest.get(key)?.version ?? 0)) continue;
      // In the order of the last change of each, in which they stand in the list.
      latest.delete(key);
      latest.set(key, change);
    }
    const wanted = [...latest.values()];
    const records: LinkRecord[] = [];
    for (let from = 0; from < wanted.length; from += together) {
      const group = wanted.slice(from, from + together);
      const found = await Promise.all(group.map((change) => this.#source.links.find(change)));
      for (const [index, change] of group.entries()) {
        const record = found[index];
        this.#note(change, record?.version ?? 0);
        if (record !== undefined) records.push(record);
      }
    }
    if (this.#known.size > mostKnown) this.#known.clear();
    for (let from = 0; from < records.length; from += pageSize)
      await this.#target.contents.adoptLinks(records.slice(from, from + pageSize));
    for (const record of records) this.#known.set(keyOf(record), record.version);
    return wanted.filter((change) => !this.#awaited.has(keyOf(change))).length;
  }

  #note(change: Change, version: number): void {
    const key = keyOf(change);
    const awaited = this.#awaited.get(key);
    if (version >= change.version) this.#awaited.delete(key);
    else if (awaited === undefined || awaited.change.version < change.version)
      this.#awaited.set(key, { change, until: performance.now() + waitFor });
    else if (performance.now() >= awaited.until) this.#awaited.delete(key);
  }
}
