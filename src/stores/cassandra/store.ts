import type { ClickStore } from "../../core/click.ts";
import type { Contents, LinkStore, Registry, Store } from "../../core/store.ts";
import { StoreUnavailable } from "../../core/store.ts";
import { KeptClicks, type KeptClicksOptions } from "../clicks/store.ts";
import { addressOf } from "./address.ts";
import { Buckets } from "./buckets.ts";
import { CassandraClickKeeper } from "./clicks.ts";
import { Cluster } from "./cluster.ts";
import { CassandraContents } from "./contents.ts";
import { Feed } from "./feed.ts";
import { checkIndex, type IndexCheckOptions, type IndexReport } from "./index-check.ts";
import { CassandraLinks } from "./links.ts";
import { LinkLists } from "./lists.ts";
import type { CassandraMutants } from "./mutants.ts";
import { CassandraRegistry } from "./registry.ts";
import { type Prepared, prepare } from "./start.ts";
import { TermIndex } from "./terms.ts";

export interface CassandraStoreOptions {
  /** `cassandra://USER:PASSWORD@HOST:PORT,HOST:PORT/KEYSPACE`, with `?datacenter=` and `&replication=`. */
  readonly url: string;
  /** ms since 1970; documents expire by it, and lists and the feed are ordered by it. */
  readonly clock?: () => number;
  /** How many links are in one bucket of the index, on average. */
  readonly bucketSize?: number;
  /** How long a read of a single row, and how long a write may take, in ms. */
  readonly readLimit?: number;
  readonly writeLimit?: number;
  readonly mutants?: CassandraMutants;
  /** See `KeptClicksOptions`. */
  readonly clickMutants?: KeptClicksOptions["mutants"];
}

/**
 * Opens the store in a Cassandra cluster, making or migrating its keyspace. Throws `StoreUnavailable` whose message says
 * what is wrong and what to do. Each process opens one.
 */
export async function openCassandraStore(options: CassandraStoreOptions): Promise<CassandraStore> {
  const address = addressOf(options.url);
  if (address === undefined) throw new StoreUnavailable("The address is none of a Cassandra cluster.");
  const store = new CassandraStore(await prepare(address), address.shown, options);
  // What a redirect asks is prepared, so that the first visitors don't wait for a node that hangs.
  await store.links.find({ host: "", slug: "" });
  return store;
}

export class CassandraStore implements Store {
  readonly id: string;
  readonly links: LinkStore;
  readonly registry: Registry;
  readonly contents: Contents;
  readonly clicks: ClickStore;
  readonly #cluster: Cluster;
  readonly #clicks: KeptClicks;

  constructor({ client, store }: Prepared, shown: string, options: CassandraStoreOptions) {
    const { readLimit = 800, writeLimit = 5000, clock = Date.now, bucketSize = 4096, mutants = [] } = options;
    const cluster = new Cluster({ client, shown, readLimit, writeLimit });
    this.#cluster = cluster;
    const buckets = new Buckets({ cluster, clock, size: bucketSize });
    const index = new TermIndex(cluster);
    const feed = new Feed({ cluster, clock, store, mutants });
    const registry = new CassandraRegistry({ cluster, clock, mutants });
    this.id = store;
    this.links = new CassandraLinks({ cluster, buckets, index, lists: new LinkLists(cluster), feed, mutants });
    this.registry = registry;
    this.contents = new CassandraContents({ cluster, buckets, index, feed, registry, clock });
    this.#clicks = new KeptClicks({
      keeper: new CassandraClickKeeper(cluster),
      clock,
      memory: 16e6,
      mutants: options.clickMutants ?? [],
    });
    this.clicks = this.#clicks;
  }

  /** See `checkIndex`. Other processes may use the store meanwhile. */
  checkIndex(options: IndexCheckOptions): Promise<IndexReport> {
    return checkIndex(this.#cluster, options);
  }

  /** Ends the connections when what is done behind has ended, at most after 6 s. */
  async close(): Promise<void> {
    await this.#clicks.close();
    await this.#cluster.close();
  }
}
