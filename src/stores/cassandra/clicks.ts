import type { BlobKey } from "../clicks/block.ts";
import type { Blob, ClickKeeper, Head } from "../clicks/keeper.ts";
import type { Cluster } from "./cluster.ts";
import { Lanes } from "./turns.ts";

/** So many blocks of a run are one partition: at most some 3 MB. */
const partSize = 64;
/** Where the directory has the writers. */
const writersEntry = "click writers";

interface HeadRow {
  readonly version: bigint;
  readonly number: bigint;
  readonly position: string;
  readonly runs: string;
}

/**
 * The counts of clicks: a row for each writer, which changes by a conditional write, and partitions of blobs. Blobs are
 * written before the head that speaks of them, so that a head never speaks of what is not there.
 */
export class CassandraClickKeeper implements ClickKeeper {
  readonly #cluster: Cluster;
  readonly #lanes = new Lanes(32);
  readonly #known = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async heads(): Promise<{ writer: string; version: number; runs: string }[]> {
    const rows = await this.#cluster.read<{ item: string }>("SELECT item FROM directory WHERE entry = ?", [
      writersEntry,
    ]);
    const heads = await this.#allOf(rows, async ({ item: writer }) => {
      const [row] = await this.#cluster.read<HeadRow>("SELECT version, runs FROM click_heads WHERE writer = ?", [
        writer,
      ]);
      // Its first batch was not added.
      return row === undefined ? [] : [{ writer, version: Number(row.version), runs: row.runs }];
    });
    return heads.flat();
  }

  async head(writer: string): Promise<Head | undefined> {
    const [row] = await this.#cluster.read<HeadRow>(
      "SELECT version, number, position, runs FROM click_heads WHERE writer = ?",
      [writer],
      { serial: true, limit: this.#cluster.writeLimit },
    );
    if (row === undefined) return undefined;
    const { version, number, position, runs } = row;
    return { version: Number(version), number: Number(number), position, runs };
  }

  async advance(writer: string, head: Head, blobs: readonly Blob[]): Promise<boolean> {
    await Promise.all([this.save(blobs), this.#enlist(writer)]);
    const { version, number, position, runs } = head;
    return this.#cluster.untilKnown(async (left) => {
      const lost =
        version === 1
          ? await this.#cluster.compareAndSet<HeadRow>(
              "INSERT INTO click_heads (writer, version, number, position, runs) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS",
              [writer, 1n, BigInt(number), position, runs],
              left,
            )
          : await this.#cluster.compareAndSet<HeadRow>(
              "UPDATE click_heads SET version = ?, number = ?, position = ?, runs = ? WHERE writer = ? IF version = ?",
              [BigInt(version), BigInt(number), position, runs, writer, BigInt(version - 1)],
              left,
            );
      if (lost === undefined) return true;
      // The driver or an earlier attempt may have carried it out already.
      const there = await this.head(writer);
      return there?.version === version && there.runs === runs;
    });
  }

  async #enlist(writer: string): Promise<void> {
    if (this.#known.has(writer)) return;
    await this.#cluster.write([
      { query: "INSERT INTO directory (entry, item) VALUES (?, ?)", params: [writersEntry, writer] },
    ]);
    this.#known.add(writer);
  }

  async save(blobs: readonly Blob[]): Promise<void> {
    await this.#allOf(blobs, ({ writer, run, block, bytes }) =>
      this.#cluster.write([
        {
          query: "INSERT INTO click_blobs (writer, run, part, block, bytes) VALUES (?, ?, ?, ?, ?)",
          params: [writer, BigInt(run), partOf(block), block, Buffer.from(bytes)],
        },
      ]),
    );
  }

  load(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]> {
    return this.#allOf(keys, async ({ writer, run, block }) => {
      const [row] = await this.#cluster.read<{ bytes: Uint8Array }>(
        "SELECT bytes FROM click_blobs WHERE writer = ? AND run = ? AND part = ? AND block = ?",
        [writer, BigInt(run), partOf(block), block],
        { limit: this.#cluster.writeLimit },
      );
      return row?.bytes;
    });
  }

  /** The last partition first: those that are left are always the first ones, and are found again. */
  async drop(writer: string, run: number): Promise<boolean> {
    let parts = 0;
    while (await this.#hasPart(writer, run, parts)) parts++;
    if (parts === 0) return false;
    await this.#cluster.write([
      {
        query: "DELETE FROM click_blobs WHERE writer = ? AND run = ? AND part = ?",
        params: [writer, BigInt(run), parts - 1],
      },
    ]);
    return parts > 1;
  }

  async #hasPart(writer: string, run: number, part: number): Promise<boolean> {
    const rows = await this.#cluster.read(
      "SELECT block FROM click_blobs WHERE writer = ? AND run = ? AND part = ? LIMIT 1",
      [writer, BigInt(run), part],
    );
    return rows.length > 0;
  }

  #allOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    return Promise.all(items.map((item) => this.#lanes.run(() => work(item))));
  }

  /** The connections are the store's. */
  close(): void {}
}

function partOf(block: number): number {
  return Math.floor(block / partSize);
}
