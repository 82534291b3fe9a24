import { CurtError, type InputIssue } from "./errors.ts";

/** A slow, salted hash of passwords, such as argon2id. */
export interface PasswordHashing {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** Characters (code points) of a password. */
export const passwordLengths = { least: 12, most: 200 } as const;

/** Each takes 64 MB and a CPU for a while, so few are judged at once, and few wait. */
const mostAtOnce = 2;
const mostWaiting = 20;

/** What is wrong with a new password, or `undefined`. */
export function passwordProblem(password: string): string | undefined {
  const length = [...password].length;
  const { least, most } = passwordLengths;
  if (length < least) return `${length} so far. ${least - length} more.`;
  return length > most ? `Too long: ${length} characters, at most ${most}.` : undefined;
}

/** Throws `CurtError` `invalid_input` for a password that is too short or too long. */
export function passwordIssues(password: string): InputIssue[] {
  const message = passwordProblem(password);
  return message === undefined ? [] : [{ path: "password", message }];
}

/** Makes and judges hashes of passwords, a few at a time. */
export class Passwords {
  readonly #hashing: PasswordHashing;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #decoy: Promise<string> | undefined;

  constructor(hashing: PasswordHashing) {
    this.#hashing = hashing;
  }

  /** Throws `CurtError` `rate_limited` when too many wait. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => this.#hashing.hash(password.normalize("NFKC")));
  }

  /**
   * Whether the password is the one of the hash. `undefined`, for a name that nobody has, takes as long and is `false`.
   * Throws `CurtError` `rate_limited` when too many wait.
   */
  async isRight(password: string, hash: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash("a password that nobody has");
    const decoy = await this.#decoy.catch((error) => {
      this.#decoy = undefined;
      throw error;
    });
    const same = await this.#inTurn(() => this.#hashing.verify(password.normalize("NFKC"), hash ?? decoy));
    return same && hash !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= mostAtOnce) {
      if (this.#waiting.length >= mostWaiting)
        throw new CurtError("rate_limited", "Too many passwords are being looked at. Try again in 5 s.", [], 5);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Its place goes to the next one.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
