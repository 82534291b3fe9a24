import { keyOf, type LinkId } from "../core/link.ts";
import type { Change, LinkStore } from "../core/store.ts";
import { Breaker } from "./breaker.ts";
import { markerValue, type Value } from "./value.ts";
import { type Connect, type Wire, within } from "./wire.ts";

/** How long visitors, and edits, wait for an answer, in ms. */
const usualLimits: Limits = { get: 25, put: 50 };
/** How long whoever follows the feed waits for one, in ms. */
const followLimit = 500;
/** Requests under way on one connection at most; those beyond are misses at once. */
const mostUnderWay = 1000;
const pageSize = 1000;
/** A server further behind than this starts from nothing. */
const mostPages = 20;
/** What a replica may have missed at most. */
const mostFloors = 100_000;
/**
 * How long a marker is kept, in ms: longer than anyone who read the store before the change takes to put what he read.
 */
const markerFor = 60_000;

/** `idle`: not needed, or not tried yet. */
export type ServerState = "idle" | "down" | "joining" | "up";

/** Deadlines in ms. */
export interface Limits {
  readonly get: number;
  readonly put: number;
}

export interface ServerOptions {
  /** `undefined`: the usual ones. */
  readonly limits: Limits | undefined;
  /** How people name it, without secrets. */
  readonly address: string;
  readonly connect: Connect;
  /** A replica is only read. */
  readonly replica: boolean;
  /** What begins every key. */
  readonly namespace: string;
  readonly now: () => number;
  /** Called when it goes up or down, each time once. */
  readonly turned: (server: Server) => void;
  /** Mutants: keeps asking a server that fails; believes a server that returns without replaying what changed. */
  readonly unbroken: boolean;
  readonly believing: boolean;
}

/** Up to where a server's values have followed the change feed, and the name that is part of their keys. */
interface Position {
  readonly generation: string;
  readonly cursor: string;
}

/**
 * One server of a cache. It is `up` only when its values have been brought in line with the store's change feed; else
 * nobody asks it. See `docs/decisions/0006-caches.md`.
 */
export class Server {
  readonly #options: ServerOptions;
  readonly #limits: Limits;
  readonly #breaker = new Breaker();
  #state: ServerState = "idle";
  #told: ServerState = "idle";
  #why = "";
  #wire: Wire | undefined;
  #underWay = 0;
  #failures = 0;
  #opened = 0;
  #generation = "";
  #cursor = "";
  /** Replica: the least version to believe of a link that changed since its position. */
  readonly #floors = new Map<string, number>();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#limits = options.limits ?? usualLimits;
  }

  get address(): string {
    return this.#options.address;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Why it is down. */
  get why(): string {
    return this.#why;
  }

  /** Requests that failed or came too late. */
  get failures(): number {
    return this.#failures;
  }

  /** How often it went down after it had been up. */
  get opened(): number {
    return this.#opened;
  }

  /** What it keeps under a name; a failure is `undefined`. */
  async get(name: string): Promise<string | undefined> {
    const wire = this.#wire;
    if (this.#state !== "up" || wire === undefined || this.#underWay >= mostUnderWay) return undefined;
    return this.#asked(wire, this.#limits.get, wire.get(this.#keyOf(name)));
  }

  async putIfNewer(name: string, value: Value): Promise<void> {
    const wire = this.#wire;
    if (this.#state !== "up" || wire === undefined || this.#underWay >= mostUnderWay) return;
    await this.#asked(wire, this.#limits.put, wire.putIfNewer(this.#keyOf(name), value));
  }

  /** Whether a version that this server gave is known to be out of date. */
  isOutdated(id: LinkId, version: number): boolean {
    return this.#floors.size > 0 && version < (this.#floors.get(keyOf(id)) ?? 0);
  }

  /**
   * Connects, and replays what changed since the server's position; then it is up. Throws what keeps it from that.
   * `nameOf` gives the name of a link here, or `undefined` if it belongs to another server.
   */
  async join(changes: LinkStore["changes"], nameOf: (id: LinkId) => string | undefined): Promise<void> {
    this.#state = "joining";
    const joined: { wire?: Wire } = {};
    const wire = await this.#options.connect((why) => {
      if (this.#wire !== undefined && this.#wire === joined.wire) this.fail(why, true);
    });
    joined.wire = wire;
    this.#wire = wire;
    this.#floors.clear();
    await this.#catchUp(wire, changes, nameOf);
    this.#breaker.reset();
    this.#why = "";
    this.#turn("up");
  }

  /** Brings its values in line with a page of the feed. Throws when the server does not take it. */
  async follow(changes: readonly Change[], nameOf: (id: LinkId) => string | undefined): Promise<void> {
    const wire = this.#wire;
    if (wire === undefined) throw new Error("not connected");
    const expiresAt = this.#options.now() + markerFor;
    // What is at its first version never had another.
    const edits = changes.flatMap((change) => {
      const name = change.version > 1 ? nameOf(change) : undefined;
      return name === undefined ? [] : [{ name, change }];
    });
    if (this.#options.replica) {
      for (const { change } of edits) {
        const key = keyOf(change);
        this.#floors.set(key, Math.max(change.version, this.#floors.get(key) ?? 0));
      }
      if (this.#floors.size > mostFloors) throw new Error("too much has changed since it was in step");
      return;
    }
    const markers = edits.map(({ name, change }) => wire.putIfNewer(this.#keyOf(name), markerValue(change, expiresAt)));
    await within(followLimit, Promise.all(markers));
  }

  /** Notes on the server up to where it followed. Throws when it does not take it. */
  async advance(cursor: string): Promise<void> {
    if (this.#options.replica || cursor === this.#cursor) return;
    await this.#advance(cursor);
  }

  /** Stops asking it until it has joined again. `closed`: the connection is gone. */
  fail(why: string, closed = false): void {
    if (this.#options.unbroken && !closed && this.#state === "up") return;
    if (this.#state === "up") this.#opened++;
    this.#why = why;
    this.#disconnect();
    this.#turn("down");
  }

  /** Lets it go without a fault of its own. */
  release(): void {
    this.#disconnect();
    this.#state = "idle";
    this.#told = "idle";
  }

  #disconnect(): void {
    const wire = this.#wire;
    this.#wire = undefined;
    wire?.close();
  }

  #turn(state: "up" | "down"): void {
    this.#state = state;
    if (this.#told === state) return;
    this.#told = state;
    this.#options.turned(this);
  }

  async #catchUp(wire: Wire, changes: LinkStore["changes"], nameOf: (id: LinkId) => string | undefined): Promise<void> {
    const found = await within(followLimit, wire.get(this.#positionKey));
    let position = found === undefined ? undefined : readPosition(found);
    // Without a position nothing is known of the values, so they get keys that nobody has used.
    position ??= await this.#renew(wire, changes, found === undefined ? undefined : "");
    let pages = 0;
    for (let renewals = 0; renewals < 3; ) {
      this.#generation = position.generation;
      this.#cursor = position.cursor;
      const page = pages++ < mostPages ? await changes(this.#cursor, pageSize) : "expired";
      if (this.#wire !== wire) throw new Error(this.#why);
      if (page === "expired") {
        position = await this.#renew(wire, changes, prefixOf(this.#generation));
        pages = 0;
        renewals++;
        continue;
      }
      if (!this.#options.believing) await this.follow(page.changes, nameOf);
      position = { generation: position.generation, cursor: page.cursor };
      this.#cursor = page.cursor;
      if (page.changes.length < pageSize) return this.#advance(page.cursor);
    }
    throw new Error("its place in the change feed is lost again and again");
  }

  /** Begins a generation at the present, or takes part in one that another process began meanwhile. */
  async #renew(wire: Wire, changes: LinkStore["changes"], over: string | undefined): Promise<Position> {
    if (this.#options.replica) throw new Error("it is a replica that does not say what it has followed");
    const present = await changes(null, 1);
    if (present === "expired") throw new Error("the change feed has no present");
    const mine = { generation: crypto.randomUUID().slice(0, 8), cursor: present.cursor };
    const prefix = prefixOf(mine.generation);
    const there = await within(followLimit, wire.swap(this.#positionKey, over ?? prefix, `${prefix}${mine.cursor}`));
    return (there === undefined ? undefined : readPosition(there)) ?? mine;
  }

  async #advance(cursor: string): Promise<void> {
    const wire = this.#wire;
    if (wire === undefined) throw new Error("not connected");
    if (!this.#options.replica) {
      const prefix = prefixOf(this.#generation);
      const there = await within(followLimit, wire.swap(this.#positionKey, prefix, `${prefix}${cursor}`));
      if (there !== undefined) throw new Error("another process has emptied it");
    }
    this.#cursor = cursor;
  }

  async #asked<T>(wire: Wire, limit: number, work: Promise<T>): Promise<T | undefined> {
    this.#underWay++;
    try {
      const answer = await within(limit, work);
      if (this.#wire === wire) this.#breaker.note(false, performance.now());
      return answer;
    } catch (error) {
      this.#failures++;
      if (this.#wire === wire && this.#breaker.note(true, performance.now())) this.fail(reasonOf(error));
      return undefined;
    } finally {
      this.#underWay--;
    }
  }

  #keyOf(name: string): string {
    return `${this.#options.namespace}:${this.#generation}:${name}`;
  }

  get #positionKey(): string {
    return `${this.#options.namespace}:position`;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function prefixOf(generation: string): string {
  return `curt1 position ${generation} `;
}

function readPosition(text: string): Position | undefined {
  const [, generation, cursor] = /^curt1 position (\w{8}) (.+)$/.exec(text) ?? [];
  return generation === undefined || cursor === undefined ? undefined : { generation, cursor };
}
