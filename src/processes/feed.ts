import type { Resolver } from "../core/resolver.ts";
import type { LinkStore } from "../core/store.ts";
import type { Log } from "./log.ts";

/** How often the feed is read, in ms. */
const every = 250;
const pageSize = 1000;

/** A feed that is followed. */
export interface FollowedFeed {
  /** How long ago it was read to its end, in ms. */
  age(): number;
  stop(): void;
}

/**
 * Follows the store's change feed, so that what another process or machine changed shows within a second, and drops
 * the links that it names. Returns when its place in the feed is known.
 */
export async function followFeed(
  links: Pick<LinkStore, "changes">,
  resolver: Pick<Resolver, "forget" | "forgetAll">,
  log: Log,
): Promise<FollowedFeed> {
  let cursor = await present(links);
  let ended = false;
  let failing = false;
  let readAt = performance.now();
  let timer: Timer;

  const read = async (): Promise<void> => {
    for (;;) {
      const page = await links.changes(cursor, pageSize);
      if (page === "expired") {
        cursor = await present(links);
        resolver.forgetAll();
        return;
      }
      resolver.forget(page.changes);
      cursor = page.cursor;
      if (page.changes.length < pageSize) return;
    }
  };
  const round = async (): Promise<void> => {
    try {
      await read();
      if (failing) log.info("The store's changes can be read again.");
      failing = false;
      readAt = performance.now();
    } catch (error) {
      if (!failing) log.error("The store's changes can't be read; what is known is served on.", { why: String(error) });
      failing = true;
    }
    if (!ended) timer = setTimeout(() => void round(), every);
  };
  timer = setTimeout(() => void round(), every);
  return {
    age: () => performance.now() - readAt,
    stop: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}

async function present(links: Pick<LinkStore, "changes">): Promise<string> {
  const page = await links.changes(null, 1);
  if (page === "expired") throw new Error("The change feed has no present.");
  return page.cursor;
}
