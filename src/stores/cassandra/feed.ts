import { keyOf, type LinkRecord } from "../../core/link.ts";
import type { Change, ChangePage } from "../../core/store.ts";
import type { Cluster } from "./cluster.ts";
import type { CassandraMutants } from "./mutants.ts";
import { feedSeconds } from "./schema.ts";
import { Lanes } from "./turns.ts";

/** All times here are microseconds, of the clock of whoever wrote. */
const second = 1_000_000;
/** A partition has a quarter of the changes of a slot. */
const slot = 30 * second;
const shards = 4;
/** Every read looks back so far for rows that came late or from a clock that is behind, and every tenth one so far. */
const overlap = 6 * second;
const longOverlap = 30 * second;
/** And so far ahead, for clocks that are before ours. */
const ahead = 6 * second;
/** A change that does not show in its link for so long will not come. */
const patience = 30 * second;
/** The next slot is left for later when so many changes wait. */
const waitingLimit = 5000;
/** How many places in the feed are remembered. */
const readerLimit = 16;

interface ChangeRow extends Change {
  readonly at: bigint;
}

interface Noted {
  readonly at: number;
  readonly change: Change;
}

/** What a cursor stands for, as long as this process remembers it. */
interface Reader {
  /** The feed was read up to here, but for what came late. */
  upTo: number;
  reads: number;
  /** Told already, and when written: what is read again is not told again. */
  readonly told: Map<string, number>;
  /** Read, but its link doesn't have it yet. */
  readonly waiting: Map<string, Noted>;
}

export interface FeedParts {
  readonly cluster: Cluster;
  /** ms since 1970. */
  readonly clock: () => number;
  /** Random, made with the schema. */
  readonly store: string;
  readonly mutants: CassandraMutants;
}

/**
 * The change feed. Its row is in another partition than the link, so it is written first, and a change is told only when
 * the link's row has it: who forgets the link at that time finds the new one. What nobody carried out is told after 30 s.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #form: RegExp;
  readonly #readers = new Map<string, Reader>();
  readonly #lanes = new Lanes(32);
  #last = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#form = new RegExp(`^${parts.store}/(\\d{16})/[0-9a-f-]{36}$`);
  }

  /** Comes before the write of the link. */
  async note({ host, slug, version }: LinkRecord): Promise<void> {
    const at = Math.max(this.#now(), this.#last + 1);
    this.#last = at;
    const shard = Number(Bun.hash.xxHash64(slug) % BigInt(shards));
    const query = "INSERT INTO changes (slot, shard, at, host, slug, version) VALUES (?, ?, ?, ?, ?, ?)";
    const params = [Math.floor(at / slot), shard, BigInt(at), host, slug, version];
    await this.#parts.cluster.write([{ query, params }]);
  }

  async changes(after: string | null, limit: number): Promise<ChangePage | "expired"> {
    this.#parts.cluster.check();
    if (after === null) {
      const reader = newReader(this.#now());
      await this.#read(reader, longOverlap);
      // What is younger may be under way still.
      for (const [key, { at }] of reader.waiting) if (at < reader.upTo - overlap) tell(reader, key, at);
      return { changes: [], cursor: this.#keep(reader) };
    }
    const found = this.#form.exec(after);
    if (found === null) return "expired";
    const from = Number(found[1]);
    if (from < this.#now() - (feedSeconds - 600) * second) return "expired";
    const reader = this.#readers.get(after) ?? newReader(from);
    this.#readers.delete(after);
    try {
      const short = this.#parts.mutants.includes("short-feed");
      if (reader.waiting.size < waitingLimit)
        await this.#read(reader, short ? 0 : reader.reads % 10 === 0 ? longOverlap : overlap);
      reader.reads++;
      const ready = await this.#ready(reader, limit);
      for (const [key, { at }] of ready) tell(reader, key, at);
      return { changes: ready.map(([, { change }]) => change), cursor: this.#keep(reader) };
    } catch (error) {
      this.#readers.set(after, reader);
      throw error;
    }
  }

  /** Reads on to now, or as far as the number of those who wait allows. */
  async #read(reader: Reader, back: number): Promise<void> {
    const now = this.#now();
    const low = Math.max(0, reader.upTo - back);
    for (let number = Math.floor(low / slot); number * slot <= now + ahead; number++) {
      const parts = Array.from({ length: shards }, (_, shard) => this.#rows(reader, number, shard, low));
      await Promise.all(parts);
      if (reader.waiting.size < waitingLimit) continue;
      reader.upTo = Math.max(reader.upTo, Math.min(now, (number + 1) * slot));
      return;
    }
    reader.upTo = Math.max(reader.upTo, now);
    for (const [key, at] of reader.told) if (at < reader.upTo - longOverlap - second) reader.told.delete(key);
  }

  async #rows({ told, waiting }: Reader, number: number, shard: number, low: number): Promise<void> {
    const { cluster } = this.#parts;
    for (let after = low; ; ) {
      const rows = await cluster.read<ChangeRow>(
        "SELECT at, host, slug, version FROM changes WHERE slot = ? AND shard = ? AND at >= ? LIMIT 2000",
        [number, shard, BigInt(after)],
        { limit: cluster.writeLimit },
      );
      for (const { at, host, slug, version } of rows) {
        const change = { host, slug, version };
        const key = `${at} ${version} ${keyOf(change)}`;
        if (!told.has(key)) waiting.set(key, { at: Number(at), change });
      }
      if (rows.length < 2000) return;
      after = Number(rows.at(-1)?.at ?? low);
    }
  }

  /** Some of those whose links have what was noted, and of those that will never. */
  async #ready({ waiting }: Reader, limit: number): Promise<[string, Noted][]> {
    const ready: [string, Noted][] = [];
    const size = Math.min(Math.max(limit, 16), 256);
    const all = [...waiting];
    for (let start = 0; start < all.length && ready.length < limit; start += size) {
      const some = all.slice(start, start + size);
      const shown = await Promise.all(some.map(([, noted]) => this.#lanes.run(() => this.#shows(noted))));
      ready.push(...some.filter((_, index) => shown[index]));
    }
    return ready.slice(0, limit);
  }

  async #shows({ at, change: { host, slug, version } }: Noted): Promise<boolean> {
    const { cluster, mutants } = this.#parts;
    if (this.#now() - at > patience || mutants.includes("hasty-feed")) return true;
    const [link] = await cluster.read<{ version: number }>(
      "SELECT version FROM links WHERE host = ? AND slug = ?",
      [host, slug],
      { limit: cluster.writeLimit },
    );
    return (link?.version ?? 0) >= version;
  }

  /** A cursor for where a reader is. Without what is remembered it tells again what is not older than the overlap. */
  #keep(reader: Reader): string {
    let from = reader.upTo;
    for (const { at } of reader.waiting.values()) from = Math.min(from, at);
    const cursor = `${this.#parts.store}/${String(from).padStart(16, "0")}/${crypto.randomUUID()}`;
    this.#readers.set(cursor, reader);
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size <= readerLimit) break;
      this.#readers.delete(oldest);
    }
    return cursor;
  }

  #now(): number {
    return Math.floor(this.#parts.clock() * 1000);
  }
}

function newReader(upTo: number): Reader {
  return { upTo, reads: 0, told: new Map(), waiting: new Map() };
}

function tell({ told, waiting }: Reader, key: string, at: number): void {
  waiting.delete(key);
  told.set(key, at);
}
