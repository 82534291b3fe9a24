import type { LinkRecord } from "../../core/link.ts";
import { encodeRecord } from "../../core/record.ts";
import type { ContentPage, Contents, Document } from "../../core/store.ts";
import { idAfter, keyAfter, keyCursor } from "../scan-cursor.ts";
import { unexpected, type WriteOp, type WriteResult } from "./operation.ts";
import type { Reader } from "./reader.ts";
import { type DocumentRow, documentOf, type FullLinkRow } from "./rows.ts";
import { termsOf } from "./terms.ts";

const adoptLimit = 1000;

/** Reads everything in the order of ids and of keys: a row that moves gets a higher id, and is met again. */
export class SqliteContents implements Contents {
  readonly #reader: Reader;
  readonly #write: (ops: readonly WriteOp[]) => Promise<WriteResult[]>;
  readonly #clock: () => number;
  readonly #links;
  readonly #documents;

  constructor(reader: Reader, write: (ops: readonly WriteOp[]) => Promise<WriteResult[]>, clock: () => number) {
    this.#reader = reader;
    this.#write = write;
    this.#clock = clock;
    this.#links = reader.connection.prepare<FullLinkRow, [number, number]>(
      "SELECT id, host, slug, doc, sum FROM links WHERE id > ? ORDER BY id LIMIT ?",
    );
    this.#documents = reader.connection.prepare<DocumentRow, [string, string, number]>(
      "SELECT * FROM registry WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?",
    );
  }

  async scanLinks(cursor: string | null, limit: number): Promise<ContentPage<LinkRecord>> {
    this.#reader.assertHealthy("further links");
    const rows = this.#reader.use(() => this.#links.all(idAfter(cursor), limit));
    const last = rows.at(-1);
    return {
      items: rows.map((row) => this.#reader.record(row, row)),
      next: last === undefined || rows.length < limit ? null : String(last.id),
    };
  }

  async adoptLinks(records: readonly LinkRecord[]): Promise<void> {
    await this.#adopt(
      records.map((record) => {
        const { host, slug } = record;
        return { op: "adopt", host, slug, doc: encodeRecord(record), terms: termsOf(record) };
      }),
    );
  }

  async scanDocuments(cursor: string | null, limit: number): Promise<ContentPage<Document>> {
    this.#reader.assertHealthy("further documents");
    const { kind, id } = keyAfter(cursor);
    const now = this.#clock();
    const rows = this.#reader.use(() => this.#documents.all(kind, id, limit));
    const last = rows.at(-1);
    return {
      items: rows.flatMap((row) => documentOf(row, now, this.#reader.connection.path) ?? []),
      next: last === undefined || rows.length < limit ? null : keyCursor(last),
    };
  }

  async adoptDocuments(documents: readonly Document[]): Promise<void> {
    await this.#adopt(documents.map((document) => ({ op: "adoptDocument", document })));
  }

  async #adopt(ops: readonly WriteOp[]): Promise<void> {
    if (ops.length > adoptLimit) throw new RangeError(`At most ${adoptLimit} records at once, not ${ops.length}.`);
    const failed = (await this.#write(ops)).find((result) => result.outcome !== "adopted");
    if (failed !== undefined) throw unexpected(failed);
  }
}
