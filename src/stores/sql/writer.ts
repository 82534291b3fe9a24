import { isAnotherLink, keyOf, type LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import { type Document, StoreDamaged } from "../../core/store.ts";
import { changeSum, documentSum, linkSum } from "./checksum.ts";
import type { Connection } from "./connection.ts";
import type { AdoptOp, InsertOp, PutOp, RemoveOp, ReplaceOp, Terms, WriteOp, WriteResult } from "./operation.ts";
import { type DocumentRow, documentOf, type LinkRow, recordOf } from "./rows.ts";
import { indexedTerms } from "./terms.ts";

/** What the word index has to learn about one link in this transaction. */
interface Reindex {
  readonly indexedBefore: boolean;
  readonly terms: Terms;
}

type LinkOp = InsertOp | ReplaceOp | AdoptOp;

const noTerms: Terms = { words: [], tokens: [] };

/** How often expired documents are removed, and how many at once. */
const purgeEvery = 1000;
const purgeLimit = 1000;
/** The feed is cut each time it has grown by so many changes. */
const trimEvery = 1000;

/** Carries out writes inside a transaction that the caller began. */
export class Writer {
  readonly #clock: () => number;
  readonly #feedLength: number;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #reindex = new Map<number, Reindex>();
  readonly #path: string;
  #lastId = 0;
  #lastSeq = 0;
  #purgedAt = 0;

  constructor(connection: Connection, clock: () => number, feedLength: number) {
    this.#path = connection.path;
    this.#clock = clock;
    this.#feedLength = feedLength;
    this.#statements = prepare(connection);
    connection.use(() => this.reload());
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** Forgets what a rolled-back transaction counted. */
  reload(): void {
    this.#reindex.clear();
    this.#lastId = this.#statements.lastId.get()?.last ?? 0;
    this.#lastSeq = this.#statements.lastSeq.get()?.last ?? 0;
  }

  apply(ops: readonly WriteOp[]): WriteResult[] {
    const seqBefore = this.#lastSeq;
    const results = ops.map((op) => this.#applyOne(op));
    this.#writeWords();
    if (Math.floor(seqBefore / trimEvery) !== Math.floor(this.#lastSeq / trimEvery)) {
      this.#statements.trimChanges.run(this.#lastSeq - this.#feedLength);
    }
    const now = this.#clock();
    if (now - this.#purgedAt >= purgeEvery) {
      this.#purgedAt = now;
      this.#statements.purge.run(now, purgeLimit);
    }
    return results;
  }

  #applyOne(op: WriteOp): WriteResult {
    switch (op.op) {
      case "insert":
        return this.#insert(op);
      case "replace":
        return this.#replace(op);
      case "adopt":
        return this.#adopt(op);
      case "put":
        return this.#put(op);
      case "adoptDocument":
        this.#write(op.document);
        return { outcome: "adopted" };
      case "remove":
        return this.#remove(op);
    }
  }

  #insert(op: InsertOp): WriteResult {
    if (this.#append(op)) {
      this.#note(op, 1);
      return { outcome: "inserted", doc: null };
    }
    const there = this.#owner(op);
    const mine = there.record.token === decodeRecord(op, op.doc).token;
    return { outcome: mine ? "inserted" : "taken", doc: there.row.doc };
  }

  #replace(op: ReplaceOp): WriteResult {
    const there = this.#current(op);
    if (there === undefined) return { outcome: "conflict", doc: null };
    const { row, record } = there;
    const next = decodeRecord(op, op.doc);
    if (record.version !== next.version - 1) return { outcome: "conflict", doc: row.doc };
    this.#overwrite(op, row.id, record, record.deletedAt !== null && next.deletedAt === null);
    this.#note(op, next.version);
    return { outcome: "replaced" };
  }

  #adopt(op: AdoptOp): WriteResult {
    const next = decodeRecord(op, op.doc);
    if (!this.#append(op)) {
      const there = this.#owner(op);
      if (there.record.version >= next.version) return { outcome: "adopted" };
      this.#overwrite(op, there.row.id, there.record, isAnotherLink(there.record, next));
    }
    this.#note(op, next.version);
    return { outcome: "adopted" };
  }

  /** Adds a row after all others, if the slug has none. */
  #append(op: LinkOp): boolean {
    const id = this.#lastId + 1;
    const { changes } = this.#statements.insert.run(
      id,
      op.host,
      op.slug,
      op.doc,
      linkSum(id, op.host, op.slug, op.doc),
    );
    if (changes === 0) return false;
    this.#lastId = id;
    this.#reindex.set(id, { indexedBefore: false, terms: op.terms });
    return true;
  }

  /** Writes over the row of `before`; `last`: and moves it after all others. */
  #overwrite(op: LinkOp, id: number, before: LinkRecord, last: boolean): void {
    const indexedBefore = this.#reindex.get(id)?.indexedBefore ?? before.deletedAt === null;
    this.#reindex.set(id, { indexedBefore, terms: last ? noTerms : op.terms });
    if (last) {
      this.#statements.remove.run(id);
      this.#append(op);
    } else {
      this.#statements.update.run(op.doc, linkSum(id, op.host, op.slug, op.doc), id);
    }
  }

  /** What has the slug that an insert found taken. */
  #owner(op: LinkOp): { row: LinkRow; record: LinkRecord } {
    const there = this.#current(op);
    if (there === undefined)
      throw new StoreDamaged(`${this.#path}: ${JSON.stringify(keyOf(op))} is taken, but can't be read.`);
    return there;
  }

  #current(op: LinkOp): { row: LinkRow; record: LinkRecord } | undefined {
    const row = this.#statements.find.get(op.host, op.slug);
    return row === null ? undefined : { row, record: recordOf(op, row, this.#path) };
  }

  #note(op: LinkOp, version: number): void {
    const seq = ++this.#lastSeq;
    const sum = changeSum(seq, { host: op.host, slug: op.slug, version });
    this.#statements.note.run(seq, op.host, op.slug, version, sum);
  }

  /** In order of ids: the index writes out what it gathered each time an id is lower than the one before. */
  #writeWords(): void {
    const ids = [...this.#reindex.keys()].sort((a, b) => a - b);
    for (const id of ids) {
      if (this.#reindex.get(id)?.indexedBefore === true) this.#statements.forgetWords.run(id);
    }
    for (const id of ids) {
      const terms = this.#reindex.get(id)?.terms;
      if (terms !== undefined && terms.tokens.length > 0)
        this.#statements.indexWords.run(id, indexedTerms(id, terms).join(" "));
    }
    this.#reindex.clear();
  }

  #put({ document }: PutOp): WriteResult {
    const current = this.#document(document.kind, document.id);
    if ((current?.version ?? 0) !== document.version - 1) return { outcome: "outdated", current: current ?? null };
    this.#write(document);
    return { outcome: "stored" };
  }

  #write(document: Document): void {
    const { kind, id, value, version, expiresAt } = document;
    this.#statements.put.run(kind, id, value, version, expiresAt, documentSum(document));
  }

  #remove({ kind, id }: RemoveOp): WriteResult {
    const found = this.#document(kind, id) !== undefined;
    this.#statements.removeDocument.run(kind, id);
    return { outcome: "removed", found };
  }

  #document(kind: string, id: string): Document | undefined {
    const row = this.#statements.document.get(kind, id);
    return row === null ? undefined : documentOf(row, this.#clock(), this.#path);
  }
}

type Text4 = [string, string, string, number];

function prepare(connection: Connection) {
  return {
    lastId: connection.prepare<{ last: number | null }, []>("SELECT max(id) AS last FROM links"),
    lastSeq: connection.prepare<{ last: number | null }, []>("SELECT max(seq) AS last FROM changes"),
    find: connection.prepare<LinkRow, [string, string]>("SELECT id, doc, sum FROM links WHERE host = ? AND slug = ?"),
    insert: connection.prepare<never, [number, ...Text4]>(
      "INSERT INTO links (id, host, slug, doc, sum) VALUES (?, ?, ?, ?, ?) ON CONFLICT (host, slug) DO NOTHING",
    ),
    update: connection.prepare<never, [string, number, number]>("UPDATE links SET doc = ?, sum = ? WHERE id = ?"),
    remove: connection.prepare<never, [number]>("DELETE FROM links WHERE id = ?"),
    forgetWords: connection.prepare<never, [number]>("DELETE FROM words WHERE rowid = ?"),
    indexWords: connection.prepare<never, [number, string]>("INSERT INTO words (rowid, text) VALUES (?, ?)"),
    note: connection.prepare<never, [number, string, string, number, number]>(
      "INSERT INTO changes (seq, host, slug, version, sum) VALUES (?, ?, ?, ?, ?)",
    ),
    trimChanges: connection.prepare<never, [number]>("DELETE FROM changes WHERE seq <= ?"),
    document: connection.prepare<DocumentRow, [string, string]>("SELECT * FROM registry WHERE kind = ? AND id = ?"),
    put: connection.prepare<never, [string, string, string, number, number | null, number]>(
      "INSERT OR REPLACE INTO registry (kind, id, value, version, expires_at, sum) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    removeDocument: connection.prepare<never, [string, string]>("DELETE FROM registry WHERE kind = ? AND id = ?"),
    purge: connection.prepare<never, [number, number]>("DELETE FROM registry WHERE expires_at <= ? LIMIT ?"),
  };
}
