import type { History } from "./history.ts";
import type { VisitorLink } from "./link.ts";
import type { Links } from "./links.ts";
import type { LinkStore } from "./store.ts";

/** How often a mark is tried again when others change the same link. */
const mostConflicts = 20;

export interface UsedUpOptions {
  readonly store: Pick<LinkStore, "find" | "replace">;
  readonly links: Pick<Links, "published">;
  readonly history: Pick<History, "keep">;
  /** In ms. */
  readonly now: () => number;
}

/** Writes into links that their limit is used up, so that their state shows it everywhere. */
export class UsedUp {
  readonly #options: UsedUpOptions;
  /** Tokens of the links that are being marked. */
  readonly #marking = new Set<string>();

  constructor(options: UsedUpOptions) {
    this.#options = options;
  }

  /**
   * Marks a link of whose limit so many clicks were found used. Nothing happens if it was changed so that they are not all.
   * Does not throw: the next visitor finds it used up again.
   */
  async mark(link: VisitorLink, used: number): Promise<void> {
    if (this.#marking.has(link.token)) return;
    this.#marking.add(link.token);
    try {
      for (let round = 0; round < mostConflicts; round++) if (await this.#tried(link, used)) return;
    } catch {
      // The store can't be asked, or is frozen.
    } finally {
      this.#marking.delete(link.token);
    }
  }

  /** `false`: somebody else changed the link at the same time. */
  async #tried({ host, slug, token }: VisitorLink, used: number): Promise<boolean> {
    const { store, links, history, now } = this.#options;
    const current = await store.find({ host, slug });
    if (current?.token !== token || current.deletedAt !== null) return true;
    if (current.maxClicks === null || used < current.maxClicks || current.usedClicks >= used) return true;
    const updatedAt = Math.max(now(), current.updatedAt);
    await history.keep(current);
    const version = current.version + 1;
    const outcome = await store.replace({ ...current, usedClicks: used, updatedAt, version, changedBy: null });
    if (outcome.outcome !== "replaced") return false;
    await links.published([outcome.record]);
    return true;
  }
}
