import { CurtError, invalidInput } from "./errors.ts";
import type { Scope } from "./keys.ts";
import { passwordIssues } from "./passwords.ts";
import { hex } from "./secret.ts";
import type { Registry } from "./store.ts";
import { type User, type Users, userName, userNameProblem } from "./users.ts";

/** Whom a link is for. */
interface KeptLink {
  /** `null`: whoever has the link chooses a name that is free. */
  readonly name: string | null;
  readonly scopes: readonly Scope[] | null;
  /** Good only while nobody can sign in. */
  readonly first: boolean;
}

export interface SetupOptions {
  readonly registry: Registry;
  readonly users: Users;
  /** In ms. */
  readonly now: () => number;
  /** Must be cryptographic. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** SHA-256 in hexadecimal. */
  readonly sha256: (text: string) => string;
}

export interface SetupLink {
  readonly token: string;
  /** In ms. */
  readonly expiresAt: number;
}

const kind = "setup";
/** How long a link may be used, in ms. */
const linkFor = 3_600_000;

/** Links that work once: whoever has one sets a password with it. */
export class Setup {
  readonly #options: SetupOptions;

  constructor(options: SetupOptions) {
    this.#options = options;
  }

  /** Whether nobody can sign in yet. */
  async isNeeded(): Promise<boolean> {
    return (await this.#options.users.list()).length === 0;
  }

  /** The link of a first start; `undefined` where somebody can sign in. */
  async first(): Promise<SetupLink | undefined> {
    return (await this.isNeeded()) ? this.#make({ name: null, scopes: ["admin"], first: true }) : undefined;
  }

  /** A link for a user, there or new, or for a name of their choice. `scopes: null`: as they are, `admin` for a new user. */
  async invite(given: string | null, scopes: readonly Scope[] | null): Promise<SetupLink> {
    const name = given === null ? null : userName(given);
    const problem = name === null ? undefined : userNameProblem(name);
    if (problem !== undefined) throw invalidInput([{ path: "name", message: problem }]);
    return this.#make({ name, scopes, first: false });
  }

  /** Sets the password of whom the link is for. Input that is not accepted does not spend it. Throws `CurtError`. */
  async redeem(token: string, given: string | undefined, password: string): Promise<User> {
    const { registry, users, sha256, now } = this.#options;
    const id = sha256(token);
    const document = await registry.get(kind, id);
    if (document === undefined || (document.expiresAt !== null && now() >= document.expiresAt)) throw over();
    const link = JSON.parse(document.value) as KeptLink;
    if (link.first && !(await this.isNeeded())) throw over();
    const name = link.name ?? userName(given ?? "");
    const problem = userNameProblem(name);
    const issues = problem === undefined ? [] : [{ path: "name", message: problem }];
    if (link.name !== null && given !== undefined && userName(given) !== link.name)
      issues.push({ path: "name", message: `This link is for ${link.name}.` });
    issues.push(...passwordIssues(password));
    if (issues.length > 0) throw invalidInput(issues);
    if (link.name === null && (await users.find(name)) !== undefined)
      throw invalidInput([{ path: "name", message: "Taken." }]);
    // Of many who have the link exactly one removes it.
    if (!(await registry.remove(kind, id))) throw over();
    return users.put(name, { password, scopes: link.scopes ?? undefined });
  }

  async #make(link: KeptLink): Promise<SetupLink> {
    const { registry, randomBytes, sha256, now } = this.#options;
    const token = hex(randomBytes(20));
    const expiresAt = now() + linkFor;
    await registry.put({ kind, id: sha256(token), value: JSON.stringify(link), version: 1, expiresAt });
    return { token, expiresAt };
  }
}

function over(): CurtError {
  return new CurtError("setup_over", "This link was used, or is over. curt key password makes another.");
}
