import { type Store, StoreUnavailable } from "../../core/store.ts";

/** For so long, in ms, a store that can't be asked is asked again. */
const patience = 60_000;
const mostWait = 2000;

/**
 * The store for work of hours, in which it may fail to answer now and then: what changes nothing when it is repeated is
 * repeated for a minute. Ends with the signal's reason when it is aborted.
 */
export function patient(store: Store, signal: AbortSignal): Store {
  const { links, registry, contents, clicks } = store;
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
    clicks: {
      last: (writer) => again(() => clicks.last(writer)),
      add: (batch) => again(() => clicks.add(batch)),
      read: (query) => again(() => clicks.read(query)),
      clicksOf: (ids) => again(() => clicks.clicksOf(ids)),
      visits: (link, limit, before) => again(() => clicks.visits(link, limit, before)),
      tend: (writer, now, budget) => again(() => clicks.tend(writer, now, budget)),
      contents: {
        states: () => again(() => clicks.contents.states()),
        pieces: (writer, names) => again(() => clicks.contents.pieces(writer, names)),
        adoptPieces: (writer, pieces) => again(() => clicks.contents.adoptPieces(writer, pieces)),
        adoptState: (state, unused) => again(() => clicks.contents.adoptState(state, unused)),
      },
    },
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
