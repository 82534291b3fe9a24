import type { ClickStore } from "../../src/core/click.ts";
import { keyOf, type LinkId, type LinkRecord, stateOf } from "../../src/core/link.ts";
import {
  type ChangePage,
  type Contents,
  type Document,
  type InsertOutcome,
  type LinkStore,
  type ListPage,
  type ListQuery,
  type PutOutcome,
  type Registry,
  type ReplaceOutcome,
  type Store,
  StoreUnavailable,
} from "../../src/core/store.ts";
import { wordsOf } from "../../src/core/words.ts";
import { KeptClicks } from "../../src/stores/clicks/store.ts";
import { MemoryKeeper } from "../../src/stores/contract/memory-keeper.ts";

/**
 * A store in memory that a test can slow down, make fail, or stop between any two steps: `before` runs ahead of every
 * operation, with its name.
 */
export class MemoryStore implements Store {
  readonly id = crypto.randomUUID();
  readonly linkMap = new Map<string, LinkRecord>();
  readonly documents = new Map<string, Document>();
  before: (operation: string) => Promise<void> | void = () => {};
  /** When set, every operation throws it. */
  failure: Error | undefined;
  #order: string[] = [];

  constructor(readonly now: () => number = Date.now) {}

  async #step(operation: string): Promise<void> {
    await this.before(operation);
    if (this.failure !== undefined) throw this.failure;
  }

  readonly clicks: ClickStore = new KeptClicks({ keeper: new MemoryKeeper(), clock: () => this.now() });

  readonly links: LinkStore = {
    insert: async (record) => {
      await this.#step("insert");
      return this.#insert(record);
    },
    insertMany: async (records) => {
      await this.#step("insertMany");
      return records.map((record) => this.#insert(record));
    },
    find: async (id: LinkId) => {
      await this.#step("find");
      return this.linkMap.get(keyOf(id));
    },
    replace: async (record): Promise<ReplaceOutcome> => {
      await this.#step("replace");
      const current = this.linkMap.get(keyOf(record));
      if (current?.version !== record.version - 1) return { outcome: "conflict", current };
      if (current.token !== record.token) this.#order = this.#order.filter((key) => key !== keyOf(record));
      if (!this.#order.includes(keyOf(record))) this.#order.push(keyOf(record));
      this.linkMap.set(keyOf(record), record);
      return { outcome: "replaced", record };
    },
    list: async (query: ListQuery): Promise<ListPage> => {
      await this.#step("list");
      const live = this.#order.flatMap((key) => {
        const link = this.linkMap.get(key);
        return link === undefined || link.deletedAt !== null ? [] : [link];
      });
      if (query.order === "newest") live.reverse();
      const found = live.filter(
        (link) =>
          query.words.every((word) => wordsOf(link).some((own) => own.startsWith(word))) &&
          (query.tag === null || link.tags.includes(query.tag)) &&
          (query.state === null || stateOf(link, query.now) === query.state),
      );
      const from = Number(query.cursor ?? 0);
      const records = found.slice(from, from + query.limit);
      return { records, next: from + query.limit < found.length ? String(from + query.limit) : null };
    },
    findByTarget: async (host, url, limit) => {
      await this.#step("findByTarget");
      return [...this.linkMap.values()]
        .filter((link) => link.host === host && link.url === url && link.deletedAt === null)
        .slice(0, limit);
    },
    changes: async (): Promise<ChangePage> => ({ changes: [], cursor: "0" }),
  };

  readonly registry: Registry = {
    get: async (kind, id) => {
      await this.#step("get");
      return this.#document(kind, id);
    },
    put: async (document): Promise<PutOutcome> => {
      await this.#step("put");
      const current = this.#document(document.kind, document.id);
      if ((current?.version ?? 0) !== document.version - 1) return { outcome: "conflict", current };
      this.documents.set(`${document.kind}/${document.id}`, document);
      return { outcome: "stored" };
    },
    remove: async (kind, id) => {
      await this.#step("remove");
      return this.documents.delete(`${kind}/${id}`);
    },
    list: async (kind) => {
      await this.#step("listDocuments");
      return [...this.documents.values()].filter((one) => one.kind === kind);
    },
  };

  readonly contents: Contents = {
    scanLinks: async () => ({ items: [...this.linkMap.values()], next: null }),
    adoptLinks: async (records) => {
      for (const record of records) {
        if ((this.linkMap.get(keyOf(record))?.version ?? 0) >= record.version) continue;
        this.#order = [...this.#order.filter((key) => key !== keyOf(record)), keyOf(record)];
        this.linkMap.set(keyOf(record), record);
      }
    },
    scanDocuments: async () => ({ items: [...this.documents.values()], next: null }),
    adoptDocuments: async (documents) => {
      for (const one of documents) this.documents.set(`${one.kind}/${one.id}`, one);
    },
  };

  async close(): Promise<void> {
    this.failure = new StoreUnavailable("Closed.");
  }

  #insert(record: LinkRecord): InsertOutcome {
    const by = this.linkMap.get(keyOf(record));
    if (by === undefined) {
      this.linkMap.set(keyOf(record), record);
      this.#order.push(keyOf(record));
      return { outcome: "inserted", record };
    }
    return by.token === record.token ? { outcome: "inserted", record: by } : { outcome: "taken", by };
  }

  #document(kind: string, id: string): Document | undefined {
    const found = this.documents.get(`${kind}/${id}`);
    return found?.expiresAt != null && found.expiresAt <= this.now() ? undefined : found;
  }
}
