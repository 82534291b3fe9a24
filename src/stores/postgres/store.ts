import type { LinkStore, Registry, Store } from "../../core/store.ts";
import { addressOf } from "./address.ts";
import { Feed } from "./feed.ts";
import { PostgresLinks } from "./links.ts";
import { LinkLists } from "./lists.ts";
import type { PostgresMutants } from "./mutants.ts";
import { Pool } from "./pool.ts";
import { PostgresRegistry } from "./registry.ts";
import { prepare } from "./start.ts";

export interface PostgresStoreOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with `?schema=` (`curt`) and `&sslmode=` (`prefer`). */
  readonly url: string;
  /** ms since 1970; documents expire by it. */
  readonly clock?: () => number;
  /** How many changes the feed keeps at least. */
  readonly feedLength?: number;
  /** How long a read of a single row, and how long a write may take, in ms. */
  readonly readLimit?: number;
  readonly writeLimit?: number;
  readonly mutants?: PostgresMutants;
}

/**
 * Opens the store in a Postgres database, making or migrating its schema. Throws `StoreUnavailable` whose message says
 * what is wrong and what to do. Each process opens one: two connections for reads of single rows, which are sent one
 * behind another, and four for the rest.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const address = addressOf(options.url);
  const { store, settings } = await prepare(address, options.mutants ?? []);
  // The server gives up a little before we do, so that a slow statement isn't taken for a silent server.
  const connect = (deadline: number) => ({
    ...address.options,
    connection: { ...settings, statement_timeout: Math.ceil(deadline * 0.8) },
  });
  const readLimit = options.readLimit ?? 900;
  const writeLimit = options.writeLimit ?? 5000;
  const { shown } = address;
  const lookups = new Pool({
    connect: connect(readLimit),
    shown,
    connections: 2,
    underWay: 64,
    waiting: 5000,
    deadline: readLimit,
  });
  const writes = new Pool({
    connect: connect(writeLimit),
    shown,
    connections: 4,
    underWay: 4,
    waiting: 5000,
    deadline: writeLimit,
  });
  return new PostgresStore({ lookups, writes, store, writeLimit }, options);
}

interface Parts {
  readonly lookups: Pool;
  readonly writes: Pool;
  readonly store: string;
  readonly writeLimit: number;
}

export class PostgresStore implements Store {
  readonly links: LinkStore;
  readonly registry: Registry;
  readonly feed: Feed;
  readonly #pools: readonly Pool[];

  constructor({ lookups, writes, store, writeLimit }: Parts, options: PostgresStoreOptions) {
    this.#pools = [lookups, writes];
    const mutants = options.mutants ?? [];
    this.feed = new Feed({ lookups, writes, store, length: options.feedLength ?? 100_000, mutants });
    this.links = new PostgresLinks({
      lookups,
      writes,
      writeLimit,
      lists: new LinkLists(writes),
      feed: this.feed,
      mutants,
    });
    this.registry = new PostgresRegistry({ lookups, writes, writeLimit, clock: options.clock ?? Date.now, mutants });
  }

  /** Ends the connections when what is under way has ended, at most after its deadline. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }
}
