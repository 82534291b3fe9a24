import { type Document, type PutOutcome, type Registry, StoreUnavailable } from "../../core/store.ts";
import type { Cluster } from "./cluster.ts";
import type { CassandraMutants } from "./mutants.ts";
import { Lanes, Turns } from "./turns.ts";
import { hasWrite, newWriteId, rememberedWrites, withWrite } from "./write-ids.ts";

/** The ids of a kind are listed in so many partitions. */
const shards = 16;
/** A document that has expired is removed by Cassandra so many seconds later: its clock may differ from ours. */
const keptFor = 86_400;
/** The longest time to live that Cassandra takes, in seconds: 20 years. */
const longest = 630_720_000;
/** The time of the row that lists a document without an end: above every `expiresAt`. */
const endless = 2 ** 53 - 1;

export interface DocumentRow {
  readonly value: string;
  readonly version: number;
  readonly expires_at: bigint | null;
  readonly writes: string;
}

const selectRow = "SELECT value, version, expires_at, writes FROM registry WHERE kind = ? AND id = ?";
const insertRow =
  "INSERT INTO registry (kind, id, value, version, expires_at, writes) VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?";
const updateRow =
  "UPDATE registry USING TTL ? SET value = ?, version = ?, expires_at = ?, writes = ? WHERE kind = ? AND id = ? IF writes = ?";
const deleteRow = "DELETE FROM registry WHERE kind = ? AND id = ? IF writes = ?";

export interface RegistryParts {
  readonly cluster: Cluster;
  /** ms since 1970; documents expire by it. */
  readonly clock: () => number;
  readonly mutants: CassandraMutants;
}

export class CassandraRegistry implements Registry {
  readonly #parts: RegistryParts;
  readonly #turns = new Turns();
  readonly #lanes = new Lanes(32);

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  async get(kind: string, id: string): Promise<Document | undefined> {
    return this.#document(kind, id, await this.#parts.cluster.patiently(() => this.#row(kind, id)));
  }

  put(document: Document): Promise<PutOutcome> {
    const { cluster } = this.#parts;
    const writeId = newWriteId();
    return this.#turns.take(`${document.kind}\n${document.id}`, async (waited) => {
      if (waited > cluster.writeLimit)
        throw new StoreUnavailable(`${cluster.shown}: too many wait to write the same document.`);
      await this.#enlist(document);
      return cluster.untilKnown((left, again) => this.#put(document, writeId, left, again));
    });
  }

  async #put(document: Document, writeId: string, left: number, again: boolean): Promise<PutOutcome> {
    const { cluster, mutants } = this.#parts;
    const { kind, id, value, version, expiresAt } = document;
    const mine = (row: DocumentRow | undefined) => hasWrite(row?.writes, writeId) && !mutants.includes("tokenless");
    const row = await this.#row(kind, id, left, true);
    if (mine(row)) return { outcome: "stored" };
    const there = this.#document(kind, id, row);
    if ((there?.version ?? 0) !== version - 1) {
      if (again && !remembers(there, version)) throw unknown(kind, id);
      return { outcome: "conflict", current: there };
    }
    const expires = expiresAt === null ? null : BigInt(expiresAt);
    const lost =
      row === undefined
        ? await cluster.compareAndSet(
            insertRow,
            [kind, id, value, version, expires, writeId, this.#ttl(expiresAt)],
            left,
          )
        : await cluster.compareAndSet(
            updateRow,
            [this.#ttl(expiresAt), value, version, expires, withWrite(writeId, row.writes), kind, id, row.writes],
            left,
          );
    if (lost === undefined) return { outcome: "stored" };
    const now = await this.#row(kind, id, left, true);
    if (mine(now)) return { outcome: "stored" };
    const current = this.#document(kind, id, now);
    if (again && !remembers(current, version)) throw unknown(kind, id);
    return { outcome: "conflict", current };
  }

  /** Puts the document in place of whatever is there. Making it again changes nothing. */
  adopt(document: Document): Promise<void> {
    const { cluster } = this.#parts;
    return this.#turns.take(`${document.kind}\n${document.id}`, async () => {
      await this.#enlist(document);
      await cluster.untilKnown((left) => this.#adopt(document, left));
    });
  }

  async #adopt({ kind, id, value, version, expiresAt }: Document, left: number): Promise<void> {
    const { cluster } = this.#parts;
    const expires = expiresAt === null ? null : BigInt(expiresAt);
    const ttl = this.#ttl(expiresAt);
    for (;;) {
      const row = await this.#row(kind, id, left, true);
      if (row?.value === value && row.version === version && row.expires_at === expires) return;
      const lost =
        row === undefined
          ? await cluster.compareAndSet(insertRow, [kind, id, value, version, expires, newWriteId(), ttl], left)
          : await cluster.compareAndSet(
              updateRow,
              [ttl, value, version, expires, withWrite(newWriteId(), row.writes), kind, id, row.writes],
              left,
            );
      if (lost === undefined) return;
    }
  }

  async remove(kind: string, id: string): Promise<boolean> {
    const { cluster } = this.#parts;
    let there = false;
    return cluster.untilKnown(async (left) => {
      for (;;) {
        const row = await this.#row(kind, id, left, true);
        // It was there when an earlier attempt looked, whose outcome may have been that it is gone.
        if (row === undefined) return there;
        there = this.#document(kind, id, row) !== undefined;
        const lost = await cluster.compareAndSet(deleteRow, [kind, id, row.writes], left);
        if (lost === undefined) return there;
      }
    });
  }

  async list(kind: string): Promise<Document[]> {
    const { cluster } = this.#parts;
    const limit = cluster.writeLimit;
    const parts = Array.from({ length: shards }, (_, shard) => this.#ids(entryOf(kind, shard)));
    const ids = (await Promise.all(parts)).flat();
    const found = await Promise.all(
      ids.map((id) => this.#lanes.run(async () => this.#document(kind, id, await this.#row(kind, id, limit)))),
    );
    const documents = found.flatMap((document) => (document === undefined ? [] : [document]));
    return documents.sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
  }

  async #ids(entry: string): Promise<string[]> {
    const { cluster } = this.#parts;
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const rows = await cluster.read<{ item: string }>(
        after === undefined
          ? "SELECT item FROM directory WHERE entry = ? LIMIT ?"
          : "SELECT item FROM directory WHERE entry = ? AND item > ? LIMIT ?",
        after === undefined ? [entry, 1000] : [entry, after, 1000],
        { limit: cluster.writeLimit },
      );
      ids.push(...rows.map((row) => row.item));
      if (rows.length < 1000) return ids;
      after = rows.at(-1)?.item ?? "";
    }
  }

  /** Comes before the document: a row that lists nothing is harmless. The one with the latest end stays. */
  async #enlist({ kind, id, expiresAt }: Document): Promise<void> {
    const entry = entryOf(kind, Number(Bun.hash.xxHash64(id) % BigInt(shards)));
    const statement = {
      query: "INSERT INTO directory (entry, item) VALUES (?, ?) USING TTL ?",
      params: [entry, id, this.#ttl(expiresAt)],
    };
    await this.#parts.cluster.write([statement], expiresAt ?? endless);
  }

  /** In seconds; 0: for ever. */
  #ttl(expiresAt: number | null): number {
    if (expiresAt === null) return 0;
    const left = Math.max(0, Math.ceil((expiresAt - this.#parts.clock()) / 1000)) + keptFor;
    return left > longest ? 0 : left;
  }

  async #row(kind: string, id: string, limit?: number, serial = false): Promise<DocumentRow | undefined> {
    const options = limit === undefined ? {} : { limit, serial };
    const [row] = await this.#parts.cluster.read<DocumentRow>(selectRow, [kind, id], options);
    return row;
  }

  #document(kind: string, id: string, row: DocumentRow | undefined): Document | undefined {
    return row && documentOf(kind, id, row, this.#parts.clock());
  }
}

/** The document of a row, `undefined` if it has expired. */
export function documentOf(kind: string, id: string, row: DocumentRow, now: number): Document | undefined {
  const expiresAt = row.expires_at === null ? null : Number(row.expires_at);
  if (expiresAt !== null && expiresAt <= now) return undefined;
  return { kind, id, value: row.value, version: row.version, expiresAt };
}

/** Whether a version that was there for a time could still be seen. */
function remembers(there: Document | undefined, version: number): boolean {
  return there !== undefined && there.version >= version && there.version < version + rememberedWrites;
}

/** A private-use character begins no entry of the index. */
function entryOf(kind: string, shard: number): string {
  return `\ue003${shard}/${kind}`;
}

function unknown(kind: string, id: string): StoreUnavailable {
  return new StoreUnavailable(`Whether ${kind}/${JSON.stringify(id)} was written is not known.`);
}
