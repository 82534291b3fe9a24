import { CurtError } from "./errors.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { Registry } from "./store.ts";
import { type Users, userName } from "./users.ts";

export interface SignInOptions {
  readonly registry: Registry;
  readonly users: Users;
  readonly sessions: Sessions;
  /** In ms. */
  readonly now: () => number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: (text: string) => string;
}

const kind = "tries";
/** Wrong passwords for one name, on all nodes, until no more are looked at for `triesFor` ms from the first. */
export const mostTries = 10;
export const triesFor = 300_000;
const mostConflicts = 50;

/** Lets in who knows a name and its password. */
export class SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * Begins a session. A wrong name and a wrong password have the same answer, after the same work. Throws `CurtError`
   * `wrong_credentials` or `rate_limited`.
   */
  async begin(
    given: string,
    password: string,
    agent: string | null,
  ): Promise<{ readonly session: Session; readonly token: string }> {
    const { users, sessions, registry, sha256 } = this.#options;
    const name = userName(given);
    const id = sha256(name);
    await this.#count(id);
    const user = await users.judge(name, password);
    if (user === undefined) throw new CurtError("wrong_credentials", "No. Name or password is off.");
    await registry.remove(kind, id);
    return sessions.begin(user, agent);
  }

  /** Counts a try before it is judged, so that many at once are not more than many in a row. */
  async #count(id: string): Promise<void> {
    const { registry, now } = this.#options;
    for (let round = 0; round < mostConflicts; round++) {
      const document = await registry.get(kind, id);
      const until = document?.expiresAt ?? 0;
      const running = document !== undefined && until > now();
      const count = running ? (JSON.parse(document.value) as number) : 0;
      if (count >= mostTries) throw tooMany(until - now());
      const put = await registry.put({
        kind,
        id,
        value: JSON.stringify(count + 1),
        version: (document?.version ?? 0) + 1,
        expiresAt: running ? until : now() + triesFor,
      });
      if (put.outcome === "stored") return;
    }
    throw tooMany(1000);
  }
}

/** The error of who tried too often. `wait`: ms until the next try. */
export function tooMany(wait: number): CurtError {
  const seconds = Math.max(1, Math.ceil(wait / 1000));
  const shown = seconds <= 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return new CurtError("rate_limited", `Enough. Try in ${shown}.`, [], seconds);
}
