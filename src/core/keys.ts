import { CurtError } from "./errors.ts";
import { hex, sameHash } from "./secret.ts";
import type { Document, Registry } from "./store.ts";

/** What a key may do. `admin` may do everything. */
export const scopes = ["links:read", "links:write", "stats:read", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** A key without its secret. Times in ms. */
export interface ApiKey {
  readonly id: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** What is kept of a key: of its secret only a hash. The secret has 256 random bits, so one round is enough. */
interface KeptKey extends Omit<ApiKey, "id"> {
  readonly hash: string;
}

export interface KeysOptions {
  readonly registry: Registry;
  /** A key with every right, as the settings give it; `undefined`: one is made and kept. */
  readonly adminKey: string | undefined;
  /** In ms. */
  readonly now: () => number;
  /** Must be cryptographic. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** SHA-256 in hexadecimal. */
  readonly sha256: (text: string) => string;
}

const kind = "key";
const adminId = "admin";
const form = /^curt_([a-z0-9]{1,32})_([A-Za-z0-9_-]{20,100})$/;

/** API keys, kept in the registry and read there for each request: a deleted key is refused at once. */
export class Keys {
  readonly #options: KeysOptions;
  readonly #adminHash: string | undefined;

  constructor(options: KeysOptions) {
    this.#options = options;
    this.#adminHash = options.adminKey === undefined ? undefined : options.sha256(options.adminKey);
  }

  /** Whose key this is, or `undefined`. Throws what the registry throws. */
  async find(text: string): Promise<ApiKey | undefined> {
    const { sha256, registry } = this.#options;
    if (this.#adminHash !== undefined && sameHash(sha256(text), this.#adminHash)) return configuredAdmin;
    const parts = form.exec(text);
    const id = parts?.[1];
    const secret = parts?.[2];
    if (id === undefined || secret === undefined) return undefined;
    // With a key from the settings, one that was made before has no right.
    if (id === adminId && this.#adminHash !== undefined) return undefined;
    const document = await registry.get(kind, id);
    if (document === undefined) return undefined;
    const { hash, ...key } = JSON.parse(document.value) as KeptKey;
    if (!sameHash(hash, sha256(secret)) || this.#isOver(key.expiresAt)) return undefined;
    return { id, ...key };
  }

  /**
   * The key of an `Authorization` header, if it has the scope (`undefined`: any). Throws `CurtError` `unauthorized` or
   * `forbidden`.
   */
  async require(header: string | null, scope: Scope | undefined): Promise<ApiKey> {
    const text = header === null ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (text === undefined) throw new CurtError("unauthorized", "A key is needed: Authorization: Bearer KEY.");
    const key = await this.find(text);
    if (key === undefined) throw new CurtError("unauthorized", "The key is unknown, deleted or over.");
    if (scope !== undefined) requireScope(key, scope, "This key");
    return key;
  }

  /** Makes a key; its text is in the answer and nowhere else. */
  async create(input: Pick<ApiKey, "name" | "scopes" | "expiresAt">): Promise<ApiKey & { readonly key: string }> {
    const { registry, randomBytes, now } = this.#options;
    for (;;) {
      const id = hex(randomBytes(8));
      const { secret, kept } = this.#secret({ ...input, createdAt: now() });
      const document = { kind, id, value: JSON.stringify(kept), version: 1, expiresAt: input.expiresAt };
      if ((await registry.put(document)).outcome === "stored")
        return { id, ...input, createdAt: kept.createdAt, key: `curt_${id}_${secret}` };
    }
  }

  /** All keys that can be used, oldest first; the one made at first start among them. */
  async list(): Promise<ApiKey[]> {
    const kept = (await this.#options.registry.list(kind)).map(keyOfDocument);
    const shown = this.#options.adminKey === undefined ? kept : kept.filter((key) => key.id !== adminId);
    return shown
      .filter((key) => !this.#isOver(key.expiresAt))
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Deletes a key; from then on it is refused. Throws `CurtError` `not_found`. */
  async remove(id: string): Promise<void> {
    if (id === adminId)
      throw new CurtError("invalid_input", "The admin key is not deleted but replaced: curt key reset-admin.");
    if (!(await this.#options.registry.remove(kind, id))) throw new CurtError("not_found", `No key has the id ${id}.`);
  }

  /** Makes the admin key unless there is one, once for all nodes. Its text goes to whoever made it; others get `undefined`. */
  async ensureAdmin(): Promise<string | undefined> {
    if (this.#options.adminKey !== undefined) return undefined;
    if ((await this.#options.registry.get(kind, adminId)) !== undefined) return undefined;
    return this.#putAdmin(undefined);
  }

  /** Puts another admin key in place of the one that is there, which is refused from then on. */
  async resetAdmin(): Promise<string> {
    for (;;) {
      const made = await this.#putAdmin(await this.#options.registry.get(kind, adminId));
      if (made !== undefined) return made;
    }
  }

  async #putAdmin(current: Document | undefined): Promise<string | undefined> {
    const name = "Made at first start";
    const { secret, kept } = this.#secret({ name, scopes: ["admin"], createdAt: this.#options.now(), expiresAt: null });
    const version = (current?.version ?? 0) + 1;
    const document = { kind, id: adminId, value: JSON.stringify(kept), version, expiresAt: null };
    const outcome = await this.#options.registry.put(document);
    return outcome.outcome === "stored" ? `curt_${adminId}_${secret}` : undefined;
  }

  #secret(key: Omit<ApiKey, "id">): { secret: string; kept: KeptKey } {
    const secret = hex(this.#options.randomBytes(32));
    return { secret, kept: { ...key, hash: this.#options.sha256(secret) } };
  }

  #isOver(expiresAt: number | null): boolean {
    return expiresAt !== null && this.#options.now() >= expiresAt;
  }
}

const configuredAdmin: ApiKey = { id: adminId, name: null, scopes: ["admin"], createdAt: 0, expiresAt: null };

function keyOfDocument(document: Document): ApiKey {
  const { hash: _, ...key } = JSON.parse(document.value) as KeptKey;
  return { id: document.id, ...key };
}

/** Throws `CurtError` `forbidden` unless the holder may do what the scope allows. */
export function requireScope(holder: { readonly scopes: readonly Scope[] }, scope: Scope, shown: string): void {
  if (!holder.scopes.includes(scope) && !holder.scopes.includes("admin"))
    throw new CurtError("forbidden", `${shown} lacks the scope ${scope}. It has: ${holder.scopes.join(", ")}.`);
}
