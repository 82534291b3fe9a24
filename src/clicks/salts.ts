import type { Document, Registry } from "../core/store.ts";

export const dayLength = 86_400_000;
const saltKind = "salt";
const nodeKind = "clerk";
/** From the beginning of its day, a salt lives so long at most, in ms. */
const saltLife = 2 * dayLength;

/**
 * The secret of each day by which visitors are told apart: made once for all nodes, in the registry, and destroyed when
 * every node has counted that day's clicks. Days are whole days since 1970, UTC.
 */
export class Salts {
  readonly #registry: Registry;
  readonly #now: () => number;
  readonly #known = new Map<number, Uint8Array | null>();
  #said: { readonly oldest: number; readonly at: number } | undefined;

  constructor(registry: Registry, now: () => number) {
    this.#registry = registry;
    this.#now = now;
  }

  /** The salt of a day as far as it was read; `null`: it is destroyed. */
  known(day: number): Uint8Array | null | undefined {
    return this.#known.get(day);
  }

  /** Reads the salt of a day, or makes it. Throws what the registry throws. */
  async learn(day: number): Promise<void> {
    const expiresAt = day * dayLength + saltLife;
    if (this.#known.has(day) && (this.#known.get(day) === null || this.#now() < expiresAt)) return;
    this.#known.set(day, this.#now() < expiresAt ? await this.#read(day, expiresAt) : null);
  }

  async #read(day: number, expiresAt: number): Promise<Uint8Array | null> {
    const id = `${day}`;
    const found = await this.#registry.get(saltKind, id);
    if (found !== undefined) return saltOf(found);
    const value = JSON.stringify(crypto.getRandomValues(new Uint8Array(32)).toHex());
    const document: Document = { kind: saltKind, id, value, version: 1, expiresAt };
    const put = await this.#registry.put(document);
    if (put.outcome === "stored") return saltOf(document);
    return put.current === undefined ? null : saltOf(put.current);
  }

  /**
   * Tells the other nodes that this one needs no salt of a day before `oldest`, and destroys those that no node needs. A
   * node that was silent for two days needs none. Throws what the registry throws.
   */
  async need(node: string, oldest: number): Promise<void> {
    const now = this.#now();
    if (this.#said?.oldest === oldest && now - this.#said.at < dayLength / 4) return;
    for (const day of this.#known.keys()) if (day < oldest) this.#known.delete(day);
    await this.#say(node, oldest, now + saltLife);
    const nodes = await this.#registry.list(nodeKind);
    const needed = Math.min(oldest, ...nodes.map(({ value }) => (JSON.parse(value) as { oldest: number }).oldest));
    for (const { id } of await this.#registry.list(saltKind))
      if (Number(id) < needed) await this.#registry.remove(saltKind, id);
    this.#said = { oldest, at: now };
  }

  async #say(node: string, oldest: number, expiresAt: number): Promise<void> {
    const value = JSON.stringify({ oldest });
    const current = await this.#registry.get(nodeKind, node);
    const version = (current?.version ?? 0) + 1;
    const put = await this.#registry.put({ kind: nodeKind, id: node, value, version, expiresAt });
    // Only this node writes here: it is its own write of before, whose outcome was not known.
    if (put.outcome === "conflict" && put.current !== undefined)
      await this.#registry.put({ kind: nodeKind, id: node, value, version: put.current.version + 1, expiresAt });
  }
}

function saltOf({ value }: Document): Uint8Array {
  return Uint8Array.fromHex(JSON.parse(value) as string);
}
