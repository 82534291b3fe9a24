import type { ClickStore } from "../../core/click.ts";
import type { Contents, LinkStore, Registry, Store } from "../../core/store.ts";
import { KeptClicks, type KeptClicksOptions } from "../clicks/store.ts";
import { addressOf } from "./address.ts";
import { PostgresClickKeeper } from "./clicks.ts";
import { PostgresContents } from "./contents.ts";
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
  /** See `KeptClicksOptions`. */
  readonly clickMutants?: KeptClicksOptions["mutants"];
}

/**
 * Opens the store in a Postgres database, making or migrating its schema. Throws `StoreUnavailable` whose message says
 * what is wrong and what to do. Each process opens one, which has at most eight connections: two for reads of single rows,
 * which are sent one behind another; four for writes; two for lists, so that none of the three holds up another.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const address = addressOf(options.url);
  const { store, settings } = await prepare(address, options.mutants ?? []);
  const pool = (deadline: number, connections: number, underWay: number) =>
    new Pool({
      // The server gives up a little before we do, so that a slow statement isn't taken for a silent server.
      connect: { ...address.options, connection: { ...settings, statement_timeout: Math.ceil(deadline * 0.8) } },
      shown: address.shown,
      connections,
      underWay,
      waiting: 5000,
      deadline,
    });
  const readLimit = options.readLimit ?? 800;
  const writeLimit = options.writeLimit ?? 5000;
  const pools = { lookups: pool(readLimit, 2, 64), writes: pool(writeLimit, 4, 4), lists: pool(writeLimit, 2, 2) };
  return new PostgresStore({ ...pools, store, writeLimit }, options);
}

interface Parts {
  readonly lookups: Pool;
  readonly writes: Pool;
  readonly lists: Pool;
  readonly store: string;
  readonly writeLimit: number;
}

export class PostgresStore implements Store {
  readonly id: string;
  readonly links: LinkStore;
  readonly registry: Registry;
  readonly contents: Contents;
  readonly clicks: ClickStore;
  readonly feed: Feed;
  readonly #pools: readonly Pool[];
  readonly #clicks: KeptClicks;

  constructor(parts: Parts, options: PostgresStoreOptions) {
    const { lookups, writes, lists, store, writeLimit } = parts;
    const { feedLength = 100_000, clock = Date.now, mutants = [] } = options;
    this.id = store;
    this.#pools = [lookups, writes, lists];
    this.feed = new Feed({ lookups, writes, store, length: feedLength, mutants });
    this.links = new PostgresLinks({
      lookups,
      writes,
      writeLimit,
      lists: new LinkLists(lists),
      feed: this.feed,
      mutants,
    });
    this.registry = new PostgresRegistry({ lookups, writes, lists, writeLimit, clock, mutants });
    this.contents = new PostgresContents({ lists, writes, writeLimit, feed: this.feed, clock });
    this.#clicks = new KeptClicks({
      keeper: new PostgresClickKeeper({ lists, writes, writeLimit }),
      clock,
      memory: 16e6,
      mutants: options.clickMutants ?? [],
    });
    this.clicks = this.#clicks;
  }

  /** Ends the connections when what is under way has ended, at most after its deadline. */
  async close(): Promise<void> {
    await this.#clicks.close();
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }
}
