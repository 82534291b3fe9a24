import type { BlobKey } from "../clicks/block.ts";
import type { Blob, ClickKeeper, Head } from "../clicks/keeper.ts";
import type { Cluster } from "./cluster.ts";
import { Lanes } from "./turns.ts";

/** So many blocks of a run are one partition: at most some 3 MB. */
const partSize = 64;
/** So many blobs are asked for at once. */
const askedTogether = 12;
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
    // Where two change one head at once, it may time out on the server.
    const [row] = await this.#cluster.untilKnown((limit) =>
      this.#cluster.read<HeadRow>(
        "SELECT version, number, position, runs FROM click_heads WHERE writer = ?",
        [writer],
        { serial: true, limit },
      ),
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

  /** A blob never changes, so one node is asked; where that has not got it, a quorum. */
  async load(keys: readonly BlobKey[]): Promise<(Uint8Array | undefined)[]> {
    const found = await this.#loadAll(keys, true);
    const missing = keys.filter((key) => !found.has(nameOf(key)));
    const late = missing.length === 0 ? found : await this.#loadAll(missing, false);
    return keys.map((key) => found.get(nameOf(key)) ?? late.get(nameOf(key)));
  }

  async #loadAll(keys: readonly BlobKey[], ofOne: boolean): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    await this.#allOf(partsOf(keys), async ({ writer, run, part, blocks }) => {
      const rows = await this.#cluster.read<{ block: number; bytes: Uint8Array }>(
        "SELECT block, bytes FROM click_blobs WHERE writer = ? AND run = ? AND part = ? AND block IN ?",
        [writer, BigInt(run), part, blocks],
        { limit: this.#cluster.writeLimit, ofOne },
      );
      for (const { block, bytes } of rows) found.set(nameOf({ writer, run, block }), bytes);
    });
    return found;
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

interface Part {
  readonly writer: string;
  readonly run: number;
  readonly part: number;
  readonly blocks: number[];
}

/** Blocks that one query asks for: of one partition, and some 300 KB at most. */
function partsOf(keys: readonly BlobKey[]): Part[] {
  const parts = new Map<string, Part>();
  const full: Part[] = [];
  for (const { writer, run, block } of keys) {
    const name = `${writer}/${run}/${partOf(block)}`;
    let part = parts.get(name);
    if (part === undefined || part.blocks.length >= askedTogether) {
      part = { writer, run, part: partOf(block), blocks: [] };
      full.push(part);
      parts.set(name, part);
    }
    part.blocks.push(block);
  }
  return full;
}

function nameOf({ writer, run, block }: BlobKey): string {
  return `${writer}/${run}/${block}`;
}

function partOf(block: number): number {
  return Math.floor(block / partSize);
}
