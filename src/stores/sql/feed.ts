import { type ChangePage, StoreDamaged } from "../../core/store.ts";
import { changeSum } from "./checksum.ts";
import type { Reader } from "./reader.ts";
import { readMeta } from "./schema.ts";

interface ChangeRow {
  readonly seq: number;
  readonly host: string;
  readonly slug: string;
  readonly version: number;
  readonly sum: number;
}

/**
 * The change feed. A cursor is the store's id and the number of the last change read; the numbers have no gaps, so that
 * a change which was trimmed, lost, or made by another history of the store shows as one.
 */
export class Feed {
  readonly #reader: Reader;
  readonly #store: string;
  readonly #last;
  readonly #after;

  constructor(reader: Reader) {
    this.#reader = reader;
    const { connection } = reader;
    this.#store = connection.use(() => readMeta(connection.db, connection.path)).store;
    this.#last = connection.prepare<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM changes");
    this.#after = connection.prepare<ChangeRow, [number, number]>(
      "SELECT seq, host, slug, version, sum FROM changes WHERE seq >= ? ORDER BY seq LIMIT ?",
    );
  }

  changes(after: string | null, limit: number): ChangePage | "expired" {
    if (after === null) {
      const last = this.#reader.use(() => this.#last.get());
      return { changes: [], cursor: this.#cursor(last?.seq ?? 0) };
    }
    const seq = this.#seqOf(after);
    if (seq === undefined) return "expired";
    // The last change read is read again: if it is gone, so may be what came after it.
    const rows = this.#reader.use(() => this.#after.all(Math.max(seq, 1), limit + 1));
    const first = rows[0];
    if (seq === 0 ? first !== undefined && first.seq !== 1 : first?.seq !== seq) return "expired";
    const changes = (seq === 0 ? rows.slice(0, limit) : rows.slice(1)).map((row, index) => {
      const { host, slug, version } = row;
      const change = { host, slug, version };
      if (row.seq !== seq + 1 + index || row.sum !== changeSum(row.seq, change)) {
        throw new StoreDamaged(
          `${this.#reader.connection.path}: change ${seq + 1 + index} of the feed is missing or damaged.`,
        );
      }
      return change;
    });
    return { changes, cursor: this.#cursor(seq + changes.length) };
  }

  #cursor(seq: number): string {
    return `${this.#store}.${seq}`;
  }

  #seqOf(cursor: string): number | undefined {
    const [store, seq, ...rest] = cursor.split(".");
    const known = store === this.#store && rest.length === 0 && seq !== undefined && /^\d{1,15}$/.test(seq);
    return known ? Number(seq) : undefined;
  }
}
