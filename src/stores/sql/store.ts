import type { ClickStore } from "../../core/click.ts";
import { keyOf, type LinkId, type LinkRecord } from "../../core/link.ts";
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import type {
  ChangePage,
  Contents,
  Document,
  InsertOutcome,
  LinkStore,
  ListPage,
  ListQuery,
  PutOutcome,
  Registry,
  ReplaceOutcome,
  Store,
} from "../../core/store.ts";
import { lateClicks } from "../clicks/late.ts";
import type { KeptClicksOptions } from "../clicks/store.ts";
import { SqliteClickKeeper } from "./clicks.ts";
import { SqliteContents } from "./contents.ts";
import { Feed } from "./feed.ts";
import { LinkLists } from "./lists.ts";
import { type Committer, type InsertOp, unexpected, type WriteOp, type WriteResult } from "./operation.ts";
import { Reader } from "./reader.ts";
import { type DocumentRow, documentOf, type LinkRow } from "./rows.ts";
import { readMeta } from "./schema.ts";
import { clicksPath } from "./start.ts";
import { termsOf } from "./terms.ts";

export interface SqliteStoreOptions {
  /** The database file; the committer has opened it before. */
  readonly path: string;
  /** Takes the writes. The store does not close it: several may share it. */
  readonly committer: Committer;
  /** ms since 1970; documents expire by it. */
  readonly clock?: () => number;
  /** How much of the file this connection keeps in memory, in bytes. */
  readonly cacheBytes?: number;
  /** For tests, which must fail with it: rows are believed without their checksum. */
  readonly trustRows?: boolean;
  /** See `KeptClicksOptions`. */
  readonly clickMutants?: KeptClicksOptions["mutants"];
  /** For tests, which must fail with it: clicks are acknowledged before the disk has them. */
  readonly unsynced?: boolean;
}

/** Opens the embedded store to read by a connection of its own and to write through the committer. */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new SqliteStore(options);
}

const insertLimit = 1000;

export class SqliteStore implements Store {
  readonly id: string;
  readonly links: LinkStore;
  readonly registry: Registry;
  readonly contents: Contents;
  readonly clicks: ClickStore;
  readonly #reader: Reader;
  readonly #clicks: ReturnType<typeof lateClicks>;

  constructor(options: SqliteStoreOptions) {
    this.#reader = new Reader(options.path, {
      cacheBytes: options.cacheBytes ?? 8e6,
      trustRows: options.trustRows === true,
    });
    const { connection } = this.#reader;
    this.id = connection.use(() => readMeta(connection.db, connection.path)).store;
    const write = (ops: readonly WriteOp[]) => this.#write(options.committer, ops);
    const clock = options.clock ?? Date.now;
    this.links = new SqliteLinks(this.#reader, write);
    this.registry = new SqliteRegistry(this.#reader, write, clock);
    this.contents = new SqliteContents(this.#reader, write, clock);
    const keeper = new SqliteClickKeeper(clicksPath(options.path), options.unsynced === true);
    this.#clicks = lateClicks({ keeper, clock, mutants: options.clickMutants ?? [] });
    this.clicks = this.#clicks;
  }

  /**
   * Damage is known that may hide what is there: from now on nothing is said to be absent, `StoreDamaged` with this
   * reason is thrown instead. What is found is answered as before.
   */
  degrade(reason: string): void {
    this.#reader.degrade(reason);
  }

  /** Whether an absent link is known to be absent. */
  isHealthy(): boolean {
    return this.#reader.damage === undefined;
  }

  close(): Promise<void> {
    this.#reader.close();
    return this.#clicks.close();
  }

  async #write(committer: Committer, ops: readonly WriteOp[]): Promise<WriteResult[]> {
    this.#reader.assertOpen();
    const results = await committer.commit(ops);
    if (results.length !== ops.length) throw unexpected(results[0]);
    return results;
  }
}

type Write = (ops: readonly WriteOp[]) => Promise<WriteResult[]>;

class SqliteLinks implements LinkStore {
  readonly #reader: Reader;
  readonly #write: Write;
  readonly #lists: LinkLists;
  readonly #feed: Feed;
  readonly #find;

  constructor(reader: Reader, write: Write) {
    this.#reader = reader;
    this.#write = write;
    this.#lists = new LinkLists(reader);
    this.#feed = new Feed(reader);
    this.#find = reader.connection.prepare<LinkRow, [string, string]>(
      "SELECT id, doc, sum FROM links WHERE host = ? AND slug = ?",
    );
  }

  async insert(record: LinkRecord): Promise<InsertOutcome> {
    const [result] = await this.#write([insertOp(record)]);
    return insertOutcome(record, result);
  }

  async insertMany(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    if (records.length > insertLimit)
      throw new RangeError(`At most ${insertLimit} records at once, not ${records.length}.`);
    const results = await this.#write(records.map(insertOp));
    return records.map((record, index) => insertOutcome(record, results[index]));
  }

  async find(id: LinkId): Promise<LinkRecord | undefined> {
    return this.findAtOnce(id);
  }

  findAtOnce(id: LinkId): LinkRecord | undefined {
    const row = this.#reader.use(() => this.#find.get(id.host, id.slug));
    if (row === null) {
      this.#reader.assertHealthy(keyOf(id));
      return undefined;
    }
    return this.#reader.record(id, row);
  }

  async replace(record: LinkRecord): Promise<ReplaceOutcome> {
    const { host, slug } = record;
    const [result] = await this.#write([
      { op: "replace", host, slug, doc: encodeRecord(record), terms: termsOf(record) },
    ]);
    if (result?.outcome === "replaced") return { outcome: "replaced", record };
    if (result?.outcome !== "conflict") throw unexpected(result);
    return { outcome: "conflict", current: result.doc === null ? undefined : decodeRecord(record, result.doc) };
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#lists.list(query);
  }

  async findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]> {
    return this.#lists.findByTarget(host, url, limit);
  }

  async changes(after: string | null, limit: number): Promise<ChangePage | "expired"> {
    return this.#feed.changes(after, limit);
  }
}

function insertOp(record: LinkRecord): InsertOp {
  if (record.version !== 1) throw new RangeError(`A new link has version 1, not ${record.version}.`);
  const { host, slug } = record;
  return { op: "insert", host, slug, doc: encodeRecord(record), terms: termsOf(record) };
}

function insertOutcome(record: LinkRecord, result: WriteResult | undefined): InsertOutcome {
  if (result?.outcome === "inserted") {
    return { outcome: "inserted", record: result.doc === null ? record : decodeRecord(record, result.doc) };
  }
  if (result?.outcome !== "taken") throw unexpected(result);
  return { outcome: "taken", by: decodeRecord(record, result.doc) };
}

class SqliteRegistry implements Registry {
  readonly #reader: Reader;
  readonly #write: Write;
  readonly #clock: () => number;
  readonly #get;
  readonly #list;

  constructor(reader: Reader, write: Write, clock: () => number) {
    this.#reader = reader;
    this.#write = write;
    this.#clock = clock;
    this.#get = reader.connection.prepare<DocumentRow, [string, string]>(
      "SELECT * FROM registry WHERE kind = ? AND id = ?",
    );
    this.#list = reader.connection.prepare<DocumentRow, [string]>("SELECT * FROM registry WHERE kind = ? ORDER BY id");
  }

  async get(kind: string, id: string): Promise<Document | undefined> {
    const row = this.#reader.use(() => this.#get.get(kind, id));
    if (row === null) {
      this.#reader.assertHealthy(`${kind}/${id}`);
      return undefined;
    }
    return documentOf(row, this.#clock(), this.#reader.connection.path);
  }

  async put(document: Document): Promise<PutOutcome> {
    const [result] = await this.#write([{ op: "put", document }]);
    if (result?.outcome === "stored") return { outcome: "stored" };
    if (result?.outcome !== "outdated") throw unexpected(result);
    return { outcome: "conflict", current: result.current ?? undefined };
  }

  async remove(kind: string, id: string): Promise<boolean> {
    const [result] = await this.#write([{ op: "remove", kind, id }]);
    if (result?.outcome !== "removed") throw unexpected(result);
    return result.found;
  }

  async list(kind: string): Promise<Document[]> {
    this.#reader.assertHealthy(kind);
    const now = this.#clock();
    const rows = this.#reader.use(() => this.#list.all(kind));
    return rows.flatMap((row) => documentOf(row, now, this.#reader.connection.path) ?? []);
  }
}
