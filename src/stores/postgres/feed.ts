import type { Change, ChangePage } from "../../core/store.ts";
import type { PostgresMutants } from "./mutants.ts";
import type { Pool } from "./pool.ts";

/** The feed is cut when this process has written so many changes. */
const trimEvery = 5000;

const snapshot = String.raw`\d{1,19}:\d{1,19}:[\d,]*`;

interface ChangeRow {
  readonly now: string;
  readonly whole: boolean;
  /** All of them `null` where there is no change. */
  readonly xid: string | null;
  readonly id: string | null;
  readonly host: string;
  readonly slug: string;
  readonly version: number;
}

/** Where a reader is: past all that `seen` saw; and if a page ended in the middle, past `xid` and `id` of what `until` sees. */
interface Position {
  readonly seen: string;
  readonly until: string | undefined;
  readonly xid: string;
  readonly id: string;
}

/**
 * The change feed. A cursor is the store's id and a snapshot of the server, which knows the transactions that were open:
 * a change is told when it is visible and was not visible to the cursor's snapshot. So no change is passed by, however late
 * its transaction commits, and a long transaction of somebody else holds up nobody.
 */
export class Feed {
  readonly #lookups: Pool;
  readonly #writes: Pool;
  readonly #length: number;
  readonly #store: string;
  readonly #form: RegExp;
  readonly #hasty: boolean;
  #written = 0;

  /** `length`: how many changes the feed keeps at least. */
  constructor(parts: { lookups: Pool; writes: Pool; store: string; length: number; mutants: PostgresMutants }) {
    this.#lookups = parts.lookups;
    this.#writes = parts.writes;
    this.#length = parts.length;
    this.#store = parts.store;
    this.#hasty = parts.mutants.includes("hasty-feed");
    this.#form = new RegExp(`^${parts.store}/(${snapshot})(?:/(${snapshot})/(\\d{1,19})/(\\d{1,19}))?$`);
  }

  async changes(after: string | null, limit: number): Promise<ChangePage | "expired"> {
    if (after === null) {
      const [row] = await this.#lookups.run((sql) => sql<{ now: string }[]>`SELECT pg_current_snapshot()::text AS now`);
      return row === undefined ? "expired" : { changes: [], cursor: `${this.#store}/${row.now}` };
    }
    const position = this.#positionOf(after);
    if (position === undefined) {
      const refusal = this.#lookups.refusal();
      if (refusal !== undefined) throw refusal;
      return "expired";
    }
    const rows = await this.#rows(position, limit);
    const [first] = rows;
    if (first === undefined || !first.whole) return "expired";
    const told = rows.filter((row) => row.xid !== null);
    const changes: Change[] = told.map(({ host, slug, version }) => ({ host, slug, version }));
    const until = position.until ?? first.now;
    const last = told.at(-1);
    const rest = last === undefined || told.length < limit ? until : `${position.seen}/${until}/${last.xid}/${last.id}`;
    return { changes, cursor: `${this.#store}/${rest}` };
  }

  #positionOf(cursor: string): Position | undefined {
    const found = this.#form.exec(cursor);
    if (found === null) return undefined;
    const [, seen = "", until, xid = "0", id = "0"] = found;
    return { seen, until, xid, id };
  }

  #rows({ seen, until, xid, id }: Position, limit: number): Promise<ChangeRow[]> {
    return this.#lookups.run(
      (sql) => sql<ChangeRow[]>`
        SELECT now::text, whole, c.* FROM (
          SELECT pg_current_snapshot() AS now,
            feed_floor <= pg_snapshot_xmin(${seen}::pg_snapshot)
              AND pg_snapshot_xmax(${seen}::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) AS whole
          FROM meta
        ) AS s LEFT JOIN LATERAL (
          SELECT xid::text, id, host, slug, version FROM changes
          WHERE changes.xid >= pg_snapshot_xmin(${seen}::pg_snapshot) AND (changes.xid, id) > (${xid}::xid8, ${id}::bigint)
            AND (changes.xid >= pg_snapshot_xmax(${seen}::pg_snapshot)
              OR NOT ${this.#hasty}::boolean AND NOT pg_visible_in_snapshot(changes.xid, ${seen}::pg_snapshot))
            AND pg_visible_in_snapshot(changes.xid, coalesce(${until ?? null}::pg_snapshot, s.now))
          ORDER BY changes.xid, id LIMIT ${limit}
        ) AS c ON s.whole`,
    );
  }

  /** So many changes were written. Now and then the feed is cut, behind everybody's back; the next time will do as well. */
  written(count: number): void {
    this.#written += count;
    if (this.#written < trimEvery) return;
    this.#written = 0;
    void this.trim().catch(() => {});
  }

  /** Cuts the feed to its length, but for what is younger than the oldest open transaction. */
  async trim(): Promise<void> {
    await this.#writes.run(
      (sql) => sql`
        WITH cut AS (
          UPDATE meta SET feed_floor = greatest(feed_floor, least(
            pg_snapshot_xmin(pg_current_snapshot()),
            (SELECT xid FROM changes ORDER BY xid DESC, id DESC OFFSET ${this.#length} LIMIT 1)
          ))
          WHERE (SELECT xid FROM changes ORDER BY xid DESC, id DESC OFFSET ${this.#length} LIMIT 1) > feed_floor
          RETURNING feed_floor
        )
        DELETE FROM changes USING cut WHERE xid < feed_floor`,
    );
  }
}
