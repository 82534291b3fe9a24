import { hex, sameHash } from "./secret.ts";
import type { Document, Registry } from "./store.ts";
import type { User, Users } from "./users.ts";

/** Somebody who is signed in. Times in ms. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly createdAt: number;
  /** When it was last used, up to an hour late. */
  readonly seenAt: number;
  /** When it is over unless it is used; it is never used beyond `sessionFor` from its beginning. */
  readonly expiresAt: number;
  /** The browser, as it named itself. */
  readonly agent: string | null;
}

interface KeptSession {
  readonly user: string;
  readonly stamp: string;
  readonly hash: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly agent: string | null;
}

export interface SessionsOptions {
  readonly registry: Registry;
  readonly users: Pick<Users, "find">;
  /** In ms. */
  readonly now: () => number;
  /** Must be cryptographic. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** SHA-256 in hexadecimal. */
  readonly sha256: (text: string) => string;
}

const kind = "session";
const form = /^([0-9a-f]{16})\.([0-9a-f]{64})$/;
const hour = 3_600_000;
/** How long a session lasts at most, and unused, in ms. */
export const sessionFor = 30 * 24 * hour;
export const sessionIdleFor = 7 * 24 * hour;
/** How late it is written down that a session was used. */
const seenEvery = hour;
/** Sessions of one user; the one unused for longest makes room. */
const mostSessions = 20;

/** Who is signed in: kept in the registry and read there for each request, so that one that is ended is refused at once. */
export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Begins a session and gives its token, of which only a hash is kept. */
  async begin(user: User, agent: string | null): Promise<{ readonly session: Session; readonly token: string }> {
    const { registry, now, randomBytes, sha256 } = this.#options;
    await this.#makeRoom(user.name);
    const at = now();
    for (;;) {
      const id = hex(randomBytes(8));
      const secret = hex(randomBytes(32));
      const kept: KeptSession = {
        user: user.name,
        stamp: user.stamp,
        hash: sha256(secret),
        createdAt: at,
        seenAt: at,
        agent,
      };
      const document = documentOf(id, kept, 1);
      if ((await registry.put(document)).outcome === "stored")
        return { session: shown(document, kept, user), token: `${id}.${secret}` };
    }
  }

  /** Whose token this is, if the session is not over. */
  async find(token: string): Promise<Session | undefined> {
    const { registry, users, now, sha256 } = this.#options;
    const [, id, secret] = form.exec(token) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const document = await registry.get(kind, id);
    if (document === undefined || isOver(document, now())) return undefined;
    const kept = JSON.parse(document.value) as KeptSession;
    if (!sameHash(kept.hash, sha256(secret))) return undefined;
    const user = await users.find(kept.user);
    if (user === undefined || user.stamp !== kept.stamp) return undefined;
    // Nobody waits for this; whoever is faster has written the same.
    if (now() - kept.seenAt >= seenEvery)
      void registry.put(documentOf(id, { ...kept, seenAt: now() }, document.version + 1)).catch(() => undefined);
    return shown(document, kept, user);
  }

  /** The sessions that are not over, of one user or of all, the one used last first. */
  async list(name?: string): Promise<Session[]> {
    const { registry, users, now } = this.#options;
    const found: Session[] = [];
    for (const document of await registry.list(kind)) {
      const kept = JSON.parse(document.value) as KeptSession;
      if (isOver(document, now()) || (name !== undefined && kept.user !== name)) continue;
      const user = await users.find(kept.user);
      if (user !== undefined && user.stamp === kept.stamp) found.push(shown(document, kept, user));
    }
    return found.sort((a, b) => b.seenAt - a.seenAt || b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Ends a session; `false` if it was over. */
  end(id: string): Promise<boolean> {
    return this.#options.registry.remove(kind, id);
  }

  async #makeRoom(name: string): Promise<void> {
    const theirs = await this.list(name);
    for (const session of theirs.slice(mostSessions - 1)) await this.end(session.id);
  }
}

function documentOf(id: string, kept: KeptSession, version: number): Document {
  const expiresAt = Math.min(kept.createdAt + sessionFor, kept.seenAt + sessionIdleFor);
  return { kind, id, value: JSON.stringify(kept), version, expiresAt };
}

function isOver({ expiresAt }: Document, now: number): boolean {
  return expiresAt !== null && now >= expiresAt;
}

function shown({ id, expiresAt }: Document, { createdAt, seenAt, agent }: KeptSession, user: User): Session {
  return { id, user, createdAt, seenAt, expiresAt: expiresAt ?? createdAt + sessionFor, agent };
}
