import { type PasswordHashing, Passwords } from "./passwords.ts";
import { Sessions } from "./sessions.ts";
import { Setup } from "./setup.ts";
import { SignIn } from "./sign-in.ts";
import type { Registry } from "./store.ts";
import { Users } from "./users.ts";

/** All about people who sign in. */
export interface Accounts {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly setup: Setup;
}

export interface AccountsOptions {
  readonly registry: Registry;
  readonly hashing: PasswordHashing;
  /** In ms. */
  readonly now: () => number;
  /** Must be cryptographic. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** SHA-256 in hexadecimal. */
  readonly sha256: (text: string) => string;
  /** A fresh random text. */
  readonly token: () => string;
}

export function openAccounts({ hashing, ...options }: AccountsOptions): Accounts {
  const users = new Users({ ...options, passwords: new Passwords(hashing) });
  const sessions = new Sessions({ ...options, users });
  return {
    users,
    sessions,
    signIn: new SignIn({ ...options, users, sessions }),
    setup: new Setup({ ...options, users }),
  };
}
