import type { Cluster } from "./cluster.ts";

/** Where a link stands in lists: its position rises with the time of its creation, and no other link has it. */
export interface Place {
  readonly bucket: string;
  readonly pos: string;
}

/** Begins before all positions. */
export const firstBucket = "0".repeat(16);
/** The entry of the directory that lists all buckets but the first. */
export const bucketEntry = "*";

/**
 * After so many ms the buckets are read again; a new one is told of so long before it begins. Until then nobody waits for that
 * read, and later not for long: a link in a bucket that is over is found too, only out of order.
 */
const believed = 1000;
const ahead = 3000;
/** How many of the newest buckets a writer knows. */
const known = 8;

export interface BucketOptions {
  readonly cluster: Cluster;
  /** ms since 1970. */
  readonly clock: () => number;
  /** How many links a bucket has on average. */
  readonly size: number;
}

/**
 * Cuts the links into buckets by the time of their creation, so that no partition of an index grows without bound. Each
 * link ends the bucket with a chance of one in `size`, whoever makes it, so nothing has to be counted. The next one
 * begins 3 s later, when everybody knows of it.
 */
export class Buckets {
  readonly #options: BucketOptions;
  /** Newest first. */
  #starts: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #last = 0;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Places for new links, in the order in which lists will have them. */
  async places(count: number): Promise<Place[]> {
    await this.#refresh();
    const places = Array.from({ length: count }, () => this.#next());
    if (Array.from({ length: count }, Math.random).some((chance) => chance * this.#options.size < 1)) this.#cut();
    return places;
  }

  /** Waits where too little is known. One slow read must not take those with it who came meanwhile: see `believed`. */
  async #refresh(): Promise<void> {
    const age = performance.now() - this.#readAt;
    if (age <= believed) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    if (age === Number.POSITIVE_INFINITY) return this.#reading;
    const read = this.#reading.catch(() => undefined);
    if (age > ahead - believed) await Promise.race([read, Bun.sleep(believed)]);
  }

  #next(): Place {
    this.#last = Math.max(Math.floor(this.#options.clock() * 1000), this.#last + 1);
    const salt = Math.floor(Math.random() * 36 ** 6).toString(36);
    const pos = text(this.#last) + salt.padStart(6, "0");
    return { pos, bucket: this.#starts.find((start) => start <= pos) ?? this.#starts.at(known - 1) ?? firstBucket };
  }

  async #read(): Promise<void> {
    const asked = performance.now();
    const { cluster } = this.#options;
    const rows = await cluster.untilKnown((left) =>
      cluster.read<{ item: string }>(
        "SELECT item FROM directory WHERE entry = ? ORDER BY item DESC LIMIT ?",
        [bucketEntry, known],
        { limit: left },
      ),
    );
    this.#starts = rows.map((row) => row.item);
    this.#readAt = asked;
  }

  #cut(): void {
    const { cluster, clock } = this.#options;
    const [newest = firstBucket] = this.#starts;
    // One that has not begun yet is enough.
    if (newest > text(Math.floor(clock() * 1000))) return;
    const start = text(Math.floor((clock() + ahead) * 1000));
    this.#starts = [start, ...this.#starts].slice(0, known);
    cluster.behind(() =>
      cluster.write([{ query: "INSERT INTO directory (entry, item) VALUES (?, ?)", params: [bucketEntry, start] }]),
    );
  }
}

function text(micros: number): string {
  return String(micros).padStart(16, "0");
}
