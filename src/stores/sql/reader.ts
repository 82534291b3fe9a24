import type { LinkId, LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import { StoreDamaged } from "../../core/store.ts";
import { Connection } from "./connection.ts";
import { type LinkRow, recordOf } from "./rows.ts";

/** What the parts of a store share: the connection they read by, and what is known of its damage. */
export class Reader {
  readonly connection: Connection;
  readonly #trustRows: boolean;
  #damage: string | undefined;

  constructor(path: string, options: { readonly cacheBytes: number; readonly trustRows: boolean }) {
    this.connection = new Connection(path, { write: false, cacheBytes: options.cacheBytes });
    this.#trustRows = options.trustRows;
  }

  use<T>(work: () => T): T {
    return this.connection.use(work);
  }

  assertOpen(): void {
    this.connection.use(() => undefined);
  }

  record(link: LinkId, row: LinkRow): LinkRecord {
    return this.#trustRows ? decodeRecord(link, row.doc) : recordOf(link, row, this.connection.path);
  }

  get damage(): string | undefined {
    return this.#damage;
  }

  degrade(reason: string): void {
    this.#damage ??= reason;
  }

  /** Throws `StoreDamaged` if damage is known that could hide `what`. */
  assertHealthy(what: string): void {
    if (this.#damage === undefined) return;
    throw new StoreDamaged(
      `Whether ${JSON.stringify(what)} exists can't be told, the store is damaged: ${this.#damage}`,
    );
  }

  close(): void {
    this.connection.close();
  }
}
