import { CurtError, invalidInput } from "./errors.ts";
import type { Scope } from "./keys.ts";
import { type Passwords, passwordIssues } from "./passwords.ts";
import type { Document, Registry } from "./store.ts";

/** Somebody who signs in to the dashboard. Times in ms. */
export interface User {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  /** Random, made anew with each password: a session that was begun with another one is over. */
  readonly stamp: string;
}

interface KeptUser extends Omit<User, "name"> {
  readonly hash: string;
}

export interface UsersOptions {
  readonly registry: Registry;
  readonly passwords: Passwords;
  /** In ms. */
  readonly now: () => number;
  /** A fresh random text. */
  readonly token: () => string;
}

export interface UserChange {
  readonly password?: string | undefined;
  readonly scopes?: readonly Scope[] | undefined;
}

const kind = "user";
const nameForm = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._@-]{0,63}$/u;
const mostConflicts = 20;

/** A name as it is kept: however it is typed, it is the same. */
export function userName(given: string): string {
  return given.trim().normalize("NFKC").toLowerCase();
}

/** What is wrong with a name in its kept form, or `undefined`. */
export function userNameProblem(name: string): string | undefined {
  if (nameForm.test(name)) return undefined;
  return name === "" ? "Empty." : 'Letters, digits, ".", "_", "@" and "-", at most 64, a letter or digit first.';
}

/** The users of the dashboard, kept in the registry. */
export class Users {
  readonly #options: UsersOptions;

  constructor(options: UsersOptions) {
    this.#options = options;
  }

  async find(name: string): Promise<User | undefined> {
    const document = await this.#options.registry.get(kind, name);
    return document && shown(document);
  }

  /** All users, by name. */
  async list(): Promise<User[]> {
    return (await this.#options.registry.list(kind)).map(shown).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whose name and password these are. A name that nobody has takes as long as a wrong password. */
  async judge(name: string, password: string): Promise<User | undefined> {
    const document = await this.#options.registry.get(kind, name);
    const hash = document && (JSON.parse(document.value) as KeptUser).hash;
    const right = await this.#options.passwords.isRight(password, hash);
    return right && document !== undefined ? shown(document) : undefined;
  }

  /** Makes a user (who needs a password then) or changes one. Throws `CurtError`. */
  async put(given: string, { password, scopes }: UserChange): Promise<User> {
    const { registry, passwords, now, token } = this.#options;
    const name = userName(given);
    const problem = userNameProblem(name);
    const issues = problem === undefined ? [] : [{ path: "name", message: problem }];
    if (password !== undefined) issues.push(...passwordIssues(password));
    if (issues.length > 0) throw invalidInput(issues);
    const fresh = password === undefined ? undefined : { hash: await passwords.hash(password), stamp: token() };
    for (let round = 0; round < mostConflicts; round++) {
      const document = await registry.get(kind, name);
      const before = document && (JSON.parse(document.value) as KeptUser);
      if (before === undefined && fresh === undefined)
        throw invalidInput([{ path: "password", message: "Missing: a new user needs one." }]);
      const { hash, stamp } = { ...before, ...fresh } as Pick<KeptUser, "hash" | "stamp">;
      const kept: KeptUser = {
        scopes: scopes ?? before?.scopes ?? ["admin"],
        createdAt: before?.createdAt ?? now(),
        hash,
        stamp,
      };
      const version = (document?.version ?? 0) + 1;
      const put = await registry.put({ kind, id: name, value: JSON.stringify(kept), version, expiresAt: null });
      if (put.outcome === "stored") return { name, scopes: kept.scopes, createdAt: kept.createdAt, stamp };
    }
    throw new CurtError("internal", "Too many change this user at once.");
  }

  /** Removes a user, whose sessions are over with it. Throws `CurtError` `not_found`. */
  async remove(name: string): Promise<void> {
    if (!(await this.#options.registry.remove(kind, userName(name))))
      throw new CurtError("not_found", "Nobody has this name.");
  }
}

function shown({ id, value }: Document): User {
  const { hash: _, ...user } = JSON.parse(value) as KeptUser;
  return { name: id, ...user };
}
