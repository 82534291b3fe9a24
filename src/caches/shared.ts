import type { Cache } from "../core/cache.ts";
import type { LinkId, LinkRecord } from "../core/link.ts";
import type { LinkStore } from "../core/store.ts";
import { Ring } from "./ring.ts";
import { type Limits, Server, type ServerState } from "./server.ts";
import { readValue, recordValue } from "./value.ts";
import type { Connect } from "./wire.ts";

/** How often the change feed is followed, and servers that are down are tried, in ms. */
const every = 1000;
/** The pause after a server went down before others are tried, in ms. */
const soon = 50;
const pageSize = 1000;

export interface SharedCacheOptions {
  /** Tells installations apart that use the same servers: the same on all nodes of one. */
  readonly storeId: string;
  /** The store's change feed. */
  readonly changes: LinkStore["changes"];
  readonly now: () => number;
  /** Hears when a server is believed or no longer asked. */
  readonly report?: (server: ServerReport) => void;
  /** Other deadlines than the usual ones: for tests of what is kept, on a machine that may be busy. */
  readonly limits?: Limits;
  /** Mutants, see `ServerOptions`. */
  readonly unbroken?: boolean;
  readonly believing?: boolean;
}

/** A server as people see it: `opened` counts how often it went down after it had been up. */
export interface ServerReport {
  readonly address: string;
  readonly state: ServerState;
  readonly why: string;
  readonly failures: number;
  readonly opened: number;
}

interface Address {
  readonly address: string;
  readonly connect: Connect;
}

/** What holds one share of the links: one server, and others that repeat it. */
export interface Share extends Address {
  readonly replicas: readonly Address[];
}

/** The `Cache` on servers of either kind. Begins empty-handed and joins its servers in the background. */
export class SharedCache implements Cache {
  readonly #options: SharedCacheOptions;
  readonly #shares: { readonly primary: Server; readonly replicas: readonly Server[] }[];
  readonly #ring: Ring;
  #closed = false;
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;
  /** The place in the feed up to which every server that is up has followed. */
  #cursor: string | undefined;
  #hits = 0;
  #misses = 0;

  constructor(shares: readonly Share[], options: SharedCacheOptions) {
    this.#options = options;
    const namespace = `curt:${sha256(options.storeId).toString("base64url").slice(0, 11)}`;
    const serverOf = ({ address, connect }: Address, replica: boolean) =>
      new Server({
        address,
        connect,
        replica,
        limits: options.limits,
        namespace,
        now: options.now,
        turned: (server) => this.#turned(server),
        unbroken: options.unbroken ?? false,
        believing: options.believing ?? false,
      });
    this.#shares = shares.map((share) => ({
      primary: serverOf(share, false),
      replicas: share.replicas.map((one) => serverOf(one, true)),
    }));
    this.#ring = new Ring(shares.map((share) => share.address));
    this.#schedule(0);
  }

  /** Since the start: answers that were believed, and all others. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  get servers(): readonly ServerReport[] {
    return this.#shares.flatMap(({ primary, replicas }) => [primary, ...replicas]);
  }

  async get(id: LinkId): Promise<LinkRecord | undefined> {
    const found = await this.#find(id);
    if (found === undefined) this.#misses++;
    else this.#hits++;
    return found;
  }

  async putIfNewer(record: LinkRecord, expiresAt: number): Promise<void> {
    const { share, name } = this.#place(record);
    if (share?.primary.state === "up") await share.primary.putIfNewer(name, recordValue(record, expiresAt));
  }

  /** From now on everything is a miss. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const server of this.#all()) server.release();
    await this.#round;
  }

  async #find(id: LinkId): Promise<LinkRecord | undefined> {
    const { share, name } = this.#place(id);
    if (share === undefined) return undefined;
    const { primary, replicas } = share;
    const server = primary.state === "up" ? primary : replicas.find((one) => one.state === "up");
    const text = await server?.get(name);
    if (server === undefined || text === undefined || this.#closed) return undefined;
    const value = readValue(id, text, this.#options.now());
    if (value === undefined || value === "marker" || server.isOutdated(id, value.version)) return undefined;
    return value;
  }

  /** The share of a link, and its name there: the same length for every slug, and safe. */
  #place(id: LinkId) {
    const digest = sha256(`${id.host}\n${id.slug}`);
    const share = this.#shares[this.#ring.serverOf(digest.readUInt32LE(0))];
    return { share, name: digest.toString("base64url").slice(0, 22) };
  }

  #all(): Server[] {
    return this.#shares.flatMap(({ primary, replicas }) => [primary, ...replicas]);
  }

  #turned(server: Server): void {
    if (this.#closed) return;
    this.#options.report?.(server);
    if (server.state === "down") this.#schedule(soon);
  }

  #schedule(pause: number): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#round !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#follow().finally(() => {
        this.#round = undefined;
        this.#schedule(every);
      });
    }, pause);
  }

  /** One round: hands what changed to the servers that are up, then tries those that are not. */
  async #follow(): Promise<void> {
    const { changes } = this.#options;
    try {
      if (this.#isUp()) await this.#handOn();
      if (!this.#isUp()) {
        const present = await changes(null, 1);
        if (present !== "expired") this.#cursor = present.cursor;
      }
    } catch {
      // The feed can't be read. What is believed is served on; nothing new is believed.
      return;
    }
    // Each reads the feed from its own position to a present that is later than the cursor.
    await Promise.all(
      this.#shares.map(async ({ primary, replicas }) => {
        if (primary.state !== "up") await this.#join(primary);
        for (const replica of replicas) {
          if (primary.state === "up") replica.release();
          else if (replica.state !== "up") await this.#join(replica);
        }
      }),
    );
  }

  #isUp(): boolean {
    return this.#all().some((server) => server.state === "up");
  }

  async #handOn(): Promise<void> {
    for (;;) {
      const page = this.#cursor === undefined ? "expired" : await this.#options.changes(this.#cursor, pageSize);
      const up = this.#all().filter((server) => server.state === "up");
      if (page === "expired") {
        for (const server of up) server.fail("its place in the change feed is lost", true);
        return;
      }
      const more = page.changes.length === pageSize;
      await Promise.all(
        up.map(async (server) => {
          try {
            await server.follow(page.changes, this.#nameOn(server));
            if (!more) await server.advance(page.cursor);
          } catch (error) {
            server.fail(error instanceof Error ? error.message : String(error));
          }
        }),
      );
      this.#cursor = page.cursor;
      if (!more) return;
    }
  }

  async #join(server: Server): Promise<void> {
    if (this.#closed) return;
    try {
      await server.join(this.#options.changes, this.#nameOn(server));
    } catch (error) {
      server.fail(error instanceof Error ? error.message : String(error), true);
    }
    if (this.#closed) server.release();
  }

  /** The name of a link on this server, or `undefined` if it belongs elsewhere. */
  #nameOn(server: Server): (id: LinkId) => string | undefined {
    return (id) => {
      const { share, name } = this.#place(id);
      return share !== undefined && (share.primary === server || share.replicas.includes(server)) ? name : undefined;
    };
  }
}

function sha256(text: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}
