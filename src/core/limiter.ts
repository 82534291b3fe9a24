import { left, nothingTaken, type Taken, totalOf, withTaken } from "./limit.ts";
import type { LinkRecord, VisitorLink } from "./link.ts";
import { type Document, type Registry, StoreUnavailable } from "./store.ts";

const kind = "limit";
/** How many visitors may wait for a click at once, on all links; more are refused. */
const mostWaiting = 20_000;
/** How many links' counting is kept at once. */
const mostAccounts = 10_000;
/** How many links' counts are read at once for a list. */
const readTogether = 32;
/** How long, in ms, a visitor waits for others that take from the same limit. */
const patience = 15_000;
/** The longest pause before what was lost to another taker is tried again, in ms. */
const longestPause = 50;
/** So long, in ms, what was used of a deleted link's limit is kept, and how often that is tried while visitors still take. */
const keptAfter = 86_400_000;
const mostForgetting = 20;
/** Writes without a known outcome that are followed up, one after another. */
const mostFailures = 2;

export interface LimiterOptions {
  readonly registry: Pick<Registry, "get" | "put">;
  /** A name for a taker that nobody else has. */
  readonly name: () => string;
  /** In ms, never set back. */
  readonly clock: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Called with a link whose limit is found used up, and how many were used. Must not throw. */
  readonly onUsedUp: (link: VisitorLink, used: number) => void;
  /** How many takers a document remembers (64). */
  readonly remembered?: number;
  /** Mutant: what another taker took in between is not looked at. */
  readonly blind?: boolean;
}

interface Visitor {
  readonly since: number;
  resolve(mayGo: boolean): void;
  reject(error: unknown): void;
}

/** A link's counting in this process. */
interface Account {
  /** The newest version of the link that a visitor came with: its limit counts. */
  link: VisitorLink;
  taker: string;
  /** What this taker has given to visitors. What it has taken beyond that is still there to be given. */
  given: number;
  /** As last seen; `undefined`: must be read. */
  document: Document | undefined;
  waiting: Visitor[];
  busy: boolean;
}

/**
 * Gives out the clicks of links with `maxClicks`, exactly: whoever gets `true` had a click of the limit to himself, on all
 * nodes. Needs nothing of the store but compare-and-set. One conditional write takes for all visitors who wait for a link at
 * that moment and notes this taker's total, so that a write whose outcome is unknown is read back. What a process took and
 * did not give when it died is lost, and never given twice.
 */
export class Limiter {
  readonly #options: LimiterOptions;
  /** By creation token, so that a slug used again begins at nothing; the one used longest ago first. */
  readonly #accounts = new Map<string, Account>();
  #waiting = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /** Takes one click; `false`: none is left. Throws what the store throws: then nobody knows, and the visitor may not go. */
  take(link: VisitorLink): Promise<boolean> {
    if (this.#waiting >= mostWaiting) return Promise.reject(new StoreUnavailable("Too many wait for limited links."));
    const account = this.#account(link);
    this.#waiting++;
    return new Promise((resolve, reject) => {
      account.waiting.push({ since: this.#options.clock(), resolve, reject });
      if (!account.busy) void this.#serve(account);
    });
  }

  /** How many clicks of a link's limits were used so far, by whatever limit. Throws what the store throws. */
  async used(link: VisitorLink): Promise<number> {
    return takenOf(await this.#options.registry.get(kind, link.token)).used;
  }

  /** Links with their `usedClicks` as they are now. Throws what the store throws. */
  async current(links: readonly LinkRecord[]): Promise<LinkRecord[]> {
    const all = [...links];
    const limited = all.flatMap((link, at) => (link.maxClicks === null ? [] : [at]));
    for (let from = 0; from < limited.length; from += readTogether)
      await Promise.all(
        limited.slice(from, from + readTogether).map(async (at) => {
          const link = all[at] as LinkRecord;
          all[at] = { ...link, usedClicks: Math.max(link.usedClicks, await this.used(link)) };
        }),
      );
    return all;
  }

  /**
   * The link was deleted, `now` in ms: what is kept of its limit goes a day later, when nobody can come with it any more.
   * Throws what the store throws.
   */
  async forget({ token }: LinkRecord, now: number): Promise<void> {
    const { registry } = this.#options;
    for (let tries = 0; tries < mostForgetting; tries++) {
      const document = await registry.get(kind, token);
      if (document === undefined || document.expiresAt !== null) return;
      const ending = { ...document, version: document.version + 1, expiresAt: now + keptAfter };
      if ((await registry.put(ending)).outcome === "stored") return;
    }
  }

  #account(link: VisitorLink): Account {
    const found = this.#accounts.get(link.token);
    this.#accounts.delete(link.token);
    const account = found ?? {
      link,
      taker: this.#options.name(),
      given: 0,
      document: undefined,
      waiting: [],
      busy: false,
    };
    if (link.version > account.link.version) account.link = link;
    this.#accounts.set(link.token, account);
    if (this.#accounts.size > mostAccounts) this.#dropOne();
    return account;
  }

  #dropOne(): void {
    for (const [token, account] of this.#accounts)
      if (!account.busy) {
        this.#accounts.delete(token);
        return;
      }
  }

  /** Decides about everybody who waits, those who come meanwhile too. Does not throw. */
  async #serve(account: Account): Promise<void> {
    const { remembered, pause, random } = this.#options;
    account.busy = true;
    let failures = 0;
    let conflicts = 0;
    try {
      while (account.waiting.length > 0) {
        this.#refuseImpatient(account);
        const taken = await this.#look(account);
        const limit = account.link.maxClicks ?? Number.POSITIVE_INFINITY;
        if (taken.used >= limit) {
          this.#settle(account.waiting.splice(0), (visitor) => visitor.resolve(false));
          this.#options.onUsedUp(account.link, taken.used);
        }
        if (account.waiting.length === 0) break;
        const clicks = left(taken, account.waiting.length, limit);
        const outcome = await this.#write(account, withTaken(taken, account.taker, clicks, remembered));
        if (outcome === "unknown" && ++failures > mostFailures)
          throw new StoreUnavailable("Whether clicks of a limit were taken is not known.");
        if (outcome === "lost") await pause(longestPause * Math.min(1, ++conflicts / 8) * random());
        else if (outcome === "stored") failures = conflicts = 0;
      }
    } catch (error) {
      account.document = undefined;
      this.#settle(account.waiting.splice(0), (visitor) => visitor.reject(error));
    } finally {
      account.busy = false;
    }
  }

  /** What is taken, as last seen or read; what of it is this taker's and not given yet is given to who waits. */
  async #look(account: Account): Promise<Taken> {
    account.document ??= await this.#read(account.link.token);
    const taken = takenOf(account.document);
    const mine = totalOf(taken, account.taker) - account.given;
    if (mine > 0) {
      const lucky = account.waiting.splice(0, mine);
      account.given += lucky.length;
      this.#settle(lucky, (visitor) => visitor.resolve(true));
    } else if (mine < 0) {
      // Forgotten, or seen as it was before: under this name nothing can be told any more.
      account.taker = this.#options.name();
      account.given = 0;
    }
    return taken;
  }

  async #read(token: string): Promise<Document> {
    const { registry } = this.#options;
    const absent = { kind, id: token, value: JSON.stringify(nothingTaken), version: 0, expiresAt: null };
    return (await registry.get(kind, token)) ?? absent;
  }

  async #write(account: Account, next: Taken): Promise<"stored" | "lost" | "unknown"> {
    const { registry, blind = false } = this.#options;
    const { document } = account;
    if (document === undefined) return "unknown";
    account.document = undefined;
    const written = { ...document, value: JSON.stringify(next), version: document.version + 1 };
    try {
      let outcome = await registry.put(written);
      while (blind && outcome.outcome === "conflict" && outcome.current !== undefined)
        outcome = await registry.put({ ...written, version: outcome.current.version + 1 });
      account.document = outcome.outcome === "stored" ? written : outcome.current;
      return outcome.outcome === "stored" ? "stored" : "lost";
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return "unknown";
    }
  }

  #refuseImpatient(account: Account): void {
    const oldest = this.#options.clock() - patience;
    const count = account.waiting.findIndex((visitor) => visitor.since > oldest);
    const late = account.waiting.splice(0, count === -1 ? account.waiting.length : count);
    const error = new StoreUnavailable("Too many take from one limit at once.");
    this.#settle(late, (visitor) => visitor.reject(error));
  }

  #settle(visitors: readonly Visitor[], tell: (visitor: Visitor) => void): void {
    this.#waiting -= visitors.length;
    for (const visitor of visitors) tell(visitor);
  }
}

function takenOf(document: Document | undefined): Taken {
  return document === undefined ? nothingTaken : (JSON.parse(document.value) as Taken);
}
