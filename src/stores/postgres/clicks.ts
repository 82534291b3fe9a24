import type { BlobKey } from "../clicks/block.ts";
import type { Blob, ClickKeeper, Head } from "../clicks/keeper.ts";
import type { Pool } from "./pool.ts";
import { untilKnown } from "./repeat.ts";

/** How many blobs are removed at once. */
const droppedTogether = 256;
/** How many are asked for in one statement: about 2 MB. */
const loadedTogether = 128;

export interface ClickParts {
  readonly lists: Pool;
  readonly writes: Pool;
  /** How long a write may take, in ms. */
  readonly writeLimit: number;
}

interface HeadRow {
  readonly writer: string;
  /** Bigints, as text. */
  readonly version: string;
  readonly number: string;
  readonly position: string;
  readonly runs: string;
}

/** The counts of clicks in two tables: a row for each writer, and one for each blob. */
export class PostgresClickKeeper implements ClickKeeper {
  readonly #parts: ClickParts;

  constructor(parts: ClickParts) {
    this.#parts = parts;
  }

  async heads(): Promise<{ writer: string; version: number; runs: string }[]> {
    const rows = await this.#parts.lists.run(
      (sql) => sql<HeadRow[]>`SELECT writer, version, runs FROM click_heads ORDER BY writer`,
    );
    return rows.map(({ writer, version, runs }) => ({ writer, version: Number(version), runs }));
  }

  async head(writer: string): Promise<Head | undefined> {
    const [row] = await this.#parts.writes.run(
      (sql) => sql<HeadRow[]>`
        SELECT writer, version, number, position, runs FROM click_heads WHERE writer = ${writer}`,
    );
    if (row === undefined) return undefined;
    const { version, number, position, runs } = row;
    return { version: Number(version), number: Number(number), position, runs };
  }

  advance(writer: string, head: Head, blobs: readonly Blob[]): Promise<boolean> {
    const { version, number, position, runs } = head;
    return untilKnown(this.#parts.writeLimit, async (left, again) => {
      const done = await this.#parts.writes.run(
        (sql) => sql<{ done: number }[]>`
          WITH moved AS (
            INSERT INTO click_heads AS h (writer, version, number, position, runs)
            SELECT ${writer}, ${version}::bigint, ${number}::bigint, ${position}, ${runs}
            WHERE ${version}::bigint = 1 OR EXISTS (SELECT 1 FROM click_heads WHERE writer = ${writer})
            ON CONFLICT (writer) DO UPDATE SET version = excluded.version, number = excluded.number,
              position = excluded.position, runs = excluded.runs
            WHERE h.version = excluded.version - 1
            RETURNING 1
          ), put AS (
            INSERT INTO click_blobs (writer, run, block, bytes)
            SELECT ${writer}, run, block, bytes FROM moved, unnest(
              ${sql.array(runsOf(blobs), "BIGINT")}, ${sql.array(blocksOf(blobs), "INTEGER")}, ${sql.array(bytesOf(blobs), "BYTEA")}
            ) AS t (run, block, bytes)
          )
          SELECT 1 AS done FROM moved`,
        left,
      );
      if (done.length > 0) return true;
      // An earlier attempt may have been carried out.
      const there = again ? await this.head(writer) : undefined;
      return there?.version === version && there.runs === runs;
    });
  }

  async save(blobs: readonly Blob[]): Promise<void> {
    const [first] = blobs;
    if (first === undefined) return;
    await untilKnown(this.#parts.writeLimit, (left) =>
      this.#parts.writes.run(
        (sql) => sql`
          INSERT INTO click_blobs (writer, run, block, bytes)
          SELECT ${first.writer}, run, block, bytes FROM unnest(
            ${sql.array(runsOf(blobs), "BIGINT")}, ${sql.array(blocksOf(blobs), "INTEGER")}, ${sql.array(bytesOf(blobs), "BYTEA")}
          ) AS t (run, block, bytes)
          ON CONFLICT (writer, run, block) DO UPDATE SET bytes = excluded.bytes`,
        left,
      ),
    );
  }

  async load(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]> {
    const found = new Map<string, Uint8Array>();
    for (let from = 0; from < keys.length; from += loadedTogether) {
      const some = keys.slice(from, from + loadedTogether);
      const rows = await this.#parts.lists.run(
        (sql) => sql<{ writer: string; run: string; block: number; bytes: Uint8Array }[]>`
          SELECT b.writer, b.run, b.block, b.bytes FROM unnest(
            ${sql.array(
              some.map(({ writer }) => writer),
              "TEXT",
            )}, ${sql.array(runsOf(some), "BIGINT")}, ${sql.array(blocksOf(some), "INTEGER")}
          ) AS t (writer, run, block) JOIN click_blobs b ON b.writer = t.writer AND b.run = t.run AND b.block = t.block`,
      );
      for (const { writer, run, block, bytes } of rows) found.set(`${writer}/${run}/${block}`, bytes);
    }
    return keys.map(({ writer, run, block }) => found.get(`${writer}/${run}/${block}`));
  }

  async drop(writer: string, run: number): Promise<boolean> {
    const gone = await this.#parts.writes.run(
      (sql) => sql`
        DELETE FROM click_blobs WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM click_blobs WHERE writer = ${writer} AND run = ${run}::bigint LIMIT ${droppedTogether}
        )) RETURNING 1`,
    );
    return gone.length === droppedTogether;
  }

  /** The pools are the store's. */
  close(): void {}
}

function runsOf(keys: readonly BlobKey[]): number[] {
  return keys.map(({ run }) => run);
}

function blocksOf(keys: readonly BlobKey[]): number[] {
  return keys.map(({ block }) => block);
}

function bytesOf(blobs: readonly Blob[]): Uint8Array[] {
  return blobs.map(({ bytes }) => bytes);
}
