import { keyOf, type LinkId, type LinkRecord } from "../../core/link.ts";
import { decodeRecord, encodeRecord } from "../../core/record.ts";
import {
  type ChangePage,
  type InsertOutcome,
  type LinkStore,
  type ListPage,
  type ListQuery,
  type ReplaceOutcome,
  StoreUnavailable,
} from "../../core/store.ts";
import type { Buckets, Place } from "./buckets.ts";
import type { Cluster } from "./cluster.ts";
import type { Feed } from "./feed.ts";
import type { LinkLists } from "./lists.ts";
import type { CassandraMutants } from "./mutants.ts";
import { Pace } from "./pace.ts";
import { indexOf, type Term, type TermIndex } from "./terms.ts";
import { Lanes, Turns } from "./turns.ts";
import { hasWrite, newWriteId, rememberedWrites, withWrite } from "./write-ids.ts";

const insertLimit = 1000;
/** How many inserts of one call are under way or wait at once, so that others come in between. */
const batchLanes = 48;
/** How long an insert waits for its turn while others are written, in ms, before it may take as long as a write. */
const insertPatience = 10_000;

export interface LinkRow extends Place {
  readonly doc: string;
  readonly version: number;
  /** The last writes; the first one of all is called as its token. */
  readonly writes: string;
}

export const selectLink = "SELECT doc, version, bucket, pos, writes FROM links WHERE host = ? AND slug = ?";
export const insertLink =
  "INSERT INTO links (host, slug, version, doc, bucket, pos, writes) VALUES (?, ?, ?, ?, ?, ?, ?)";
export const updateLink =
  "UPDATE links SET version = ?, doc = ?, bucket = ?, pos = ?, writes = ? WHERE host = ? AND slug = ? IF version = ?";

export interface LinkParts {
  readonly cluster: Cluster;
  readonly buckets: Buckets;
  readonly index: TermIndex;
  readonly lists: LinkLists;
  readonly feed: Feed;
  readonly mutants: CassandraMutants;
}

export class CassandraLinks implements LinkStore {
  readonly #parts: LinkParts;
  /** Writes of this process to one link don't run into one another; those of others may. */
  readonly #turns = new Turns();
  readonly #pace: Pace;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    const { shown, writeLimit: limit } = parts.cluster;
    this.#pace = new Pace({ shown, limit, patience: insertPatience, isFixed: parts.mutants.includes("unpaced") });
  }

  async insert(record: LinkRecord): Promise<InsertOutcome> {
    const [outcome] = await this.insertMany([record]);
    if (outcome === undefined) throw new StoreUnavailable("The store did not say what became of an insert.");
    return outcome;
  }

  async insertMany(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    if (records.length > insertLimit)
      throw new RangeError(`At most ${insertLimit} records at once, not ${records.length}.`);
    for (const record of records) {
      if (record.version !== 1) throw new RangeError(`A new link has version 1, not ${record.version}.`);
      if (!isStorable(record))
        throw new RangeError(`${JSON.stringify(record.slug)} can't be a slug: it is no text that Cassandra can keep.`);
    }
    this.#parts.cluster.check();
    const places = await this.#parts.buckets.places(records.length);
    const lanes = new Lanes(batchLanes);
    const inserts = records.map((record, index) =>
      lanes.run(() =>
        this.#turns.take(keyOf(record), (waited) =>
          this.#pace.run(() => this.#insert(record, places[index] as Place, waited)),
        ),
      ),
    );
    // All of them end before the answer, one that failed does not leave others under way.
    const outcomes = await Promise.allSettled(inserts);
    return outcomes.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  }

  async #insert(record: LinkRecord, place: Place, waited: number): Promise<InsertOutcome> {
    const { cluster, feed, index, mutants } = this.#parts;
    this.#checkWait(waited);
    if (waited > 0) {
      const there = await cluster.untilKnown((left) => this.#row(record, left));
      if (there !== undefined) return outcomeOf(record, there, mutants);
    }
    const terms = [...indexOf(record).values()];
    const indexed = () => index.add(record, terms, place);
    if (mutants.includes("index-last")) await feed.note(record);
    else await Promise.all([feed.note(record), indexed()]);
    const { host, slug, version, token } = record;
    const params = [host, slug, version, encodeRecord(record), place.bucket, place.pos, token];
    const condition = mutants.includes("unconditional") ? "" : " IF NOT EXISTS";
    const there = await cluster.untilKnown((left) =>
      cluster.compareAndSet<LinkRow>(insertLink + condition, params, left),
    );
    if (mutants.includes("index-last")) await indexed();
    // An attempt whose answer was lost may have made it.
    if (there === undefined || there.pos === place.pos) {
      if (there === undefined || !mutants.includes("tokenless")) return { outcome: "inserted", record };
    } else cluster.behind(() => index.remove(record.version + 1, terms, place));
    return outcomeOf(record, there, mutants);
  }

  async find(id: LinkId): Promise<LinkRecord | undefined> {
    const row = await this.#row(id);
    return row && decodeRecord(id, row.doc);
  }

  replace(record: LinkRecord): Promise<ReplaceOutcome> {
    const writeId = newWriteId();
    return this.#turns.take(keyOf(record), (waited) => {
      this.#checkWait(waited);
      return this.#parts.cluster.untilKnown((left, again) => this.#replace(record, writeId, left, again));
    });
  }

  async #replace(record: LinkRecord, writeId: string, left: number, again: boolean): Promise<ReplaceOutcome> {
    const { cluster, buckets, feed, index, mutants } = this.#parts;
    const expected = record.version - 1;
    let row = await this.#row(record, left, again);
    // What seems to be no match may be a write of somebody who died that is not carried out everywhere yet.
    if (!again && row?.version !== expected) row = await this.#row(record, left, true);
    const settled = settle(record, row, { writeId, again, mutants });
    if (settled !== undefined || row === undefined) return settled ?? { outcome: "conflict", current: undefined };

    const current = decodeRecord(record, row.doc);
    const before = indexOf(current);
    const after = indexOf(record);
    const revived = current.deletedAt !== null && record.deletedAt === null;
    const [place = row] = revived ? await buckets.places(1) : [];
    const come = [...after].flatMap(([name, term]) => (revived || !before.has(name) ? [term] : []));
    const gone = [...before].flatMap(([name, term]): Term[] => (after.has(name) ? [] : [term]));
    await Promise.all([feed.note(record), index.add(record, come, place)]);
    const { host, slug, version } = record;
    const params = [
      version,
      encodeRecord(record),
      place.bucket,
      place.pos,
      withWrite(writeId, row.writes),
      host,
      slug,
      expected,
    ];
    const lost = await cluster.compareAndSet(updateLink, params, left);
    if (lost !== undefined) {
      const now = await this.#row(record, left, true);
      const outcome = settle(record, now, { writeId, again, mutants });
      if (outcome === undefined)
        throw new StoreUnavailable(`${JSON.stringify(slug)} changes under the hands of its writers.`);
      if (outcome.outcome === "conflict") return outcome;
    }
    if (gone.length > 0) cluster.behind(() => index.remove(version, gone, row));
    return { outcome: "replaced", record };
  }

  async #row(id: LinkId, limit?: number, serial = false): Promise<LinkRow | undefined> {
    const { cluster } = this.#parts;
    if (!isStorable(id)) {
      cluster.check();
      return undefined;
    }
    const options = limit === undefined ? {} : { limit, serial };
    const [row] = await cluster.read<LinkRow>(selectLink, [id.host, id.slug], options);
    return row;
  }

  #checkWait(waited: number): void {
    const { cluster } = this.#parts;
    if (waited > cluster.writeLimit)
      throw new StoreUnavailable(`${cluster.shown}: too many wait to write the same link.`);
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#parts.lists.list(query);
  }

  findByTarget(host: string, url: string, limit: number): Promise<LinkRecord[]> {
    return this.#parts.lists.findByTarget(host, url, limit);
  }

  changes(after: string | null, limit: number): Promise<ChangePage | "expired"> {
    return this.#parts.feed.changes(after, limit);
  }
}

/** Half a surrogate pair would become another text. None is in any slug that Curt takes. */
export function isStorable({ host, slug }: LinkId): boolean {
  return host.isWellFormed() && slug.isWellFormed();
}

function outcomeOf(record: LinkRecord, row: LinkRow, mutants: CassandraMutants): InsertOutcome {
  const there = decodeRecord(record, row.doc);
  const mine = there.token === record.token && !mutants.includes("tokenless");
  return mine ? { outcome: "inserted", record: there } : { outcome: "taken", by: there };
}

interface Attempt {
  readonly writeId: string;
  /** An earlier attempt may have happened. */
  readonly again: boolean;
  readonly mutants: CassandraMutants;
}

/** What the row there means for a replacement. `undefined`: it can be made. Throws `StoreUnavailable` if nobody can know. */
function settle(record: LinkRecord, row: LinkRow | undefined, attempt: Attempt): ReplaceOutcome | undefined {
  if (row === undefined) return { outcome: "conflict", current: undefined };
  if (hasWrite(row.writes, attempt.writeId) && !attempt.mutants.includes("tokenless"))
    return { outcome: "replaced", record };
  if (row.version === record.version - 1) return undefined;
  // Behind so many newer versions ours can't be seen any longer.
  if (attempt.again && row.version >= record.version + rememberedWrites)
    throw new StoreUnavailable(
      `Whether version ${record.version} of ${JSON.stringify(record.slug)} was written is not known.`,
    );
  return { outcome: "conflict", current: decodeRecord(record, row.doc) };
}
