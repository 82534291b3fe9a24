import { type Store, StoreUnavailable } from "../../core/store.ts";

/** For so long, in ms, a store that can't be asked is asked again. */
const patience = 60_000;
const mostWait = 2000;

/**
 * The store for work of hours, in which it may fail to answer now and then: what changes nothing when it is repeated is
 * repeated for a minute. Ends with the signal's reason when it is aborted.
 */
export function patient(store: Store, signal: AbortSignal): Store {
  const { links, registry, contents } = store;
  const again = <T>(work: () => Promise<T>) => untilAnswered(work, signal);
  return {
    id: store.id,
    links: {
      insert: (record) => links.insert(record),
      insertMany: (records) => links.insertMany(records),
      find: (link) => again(() => links.find(link)),
      replace: (record) => links.replace(record),
      list: (query) => again(() => links.list(query)),
      findByTarget: (host, url, limit) => again(() => links.findByTarget(host, url, limit)),
      changes: (after, limit) => again(() => links.changes(after, limit)),
    },
    registry: {
      get: (kind, id) => again(() => registry.get(kind, id)),
      put: (document) => registry.put(document),
      remove: (kind, id) => again(() => registry.remove(kind, id)),
      list: (kind) => again(() => registry.list(kind)),
    },
    contents: {
      scanLinks: (cursor, limit) => again(() => contents.scanLinks(cursor, limit)),
      adoptLinks: (records) => again(() => contents.adoptLinks(records)),
      scanDocuments: (cursor, limit) => again(() => contents.scanDocuments(cursor, limit)),
      adoptDocuments: (documents) => again(() => contents.adoptDocuments(documents)),
    },
    clicks: store.clicks,
    close: () => store.close(),
  };
}

/** Does work that may be repeated until the store answers, for a minute at most. Throws the last failure. */
export async function untilAnswered<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const until = performance.now() + patience;
  for (let wait = 100; ; wait = Math.min(2 * wait, mostWait)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StoreUnavailable) || performance.now() + wait >= until) throw error;
      await Bun.sleep(wait);
    }
  }
}
