import type { LinkId, LinkRecord } from "./link.ts";
import { keyOf } from "./link.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { Registry } from "./store.ts";

/** How many versions of a link are kept besides the one that holds. */
export const keptVersions = 50;

/**
 * What a link was before. A version is put here before another takes its place, so that a change that was answered has its
 * entry whatever fails between the two writes; one that is here and still holds is the same, and shown once.
 */
export class History {
  readonly #registry: Registry;
  readonly #forgetful: boolean;

  /** `forgetful`, for tests, which must fail with it: keeps nothing. */
  constructor(registry: Registry, forgetful = false) {
    this.#registry = registry;
    this.#forgetful = forgetful;
  }

  /** Keeps a version that another is about to follow. Repeating changes nothing. Durable when it returns. */
  async keep(record: LinkRecord): Promise<void> {
    if (this.#forgetful) return;
    const value = encodeRecord(record);
    // A conflict: it is kept already.
    await this.#registry.put({ kind: kindOf(record), id: idOf(record.version), value, version: 1, expiresAt: null });
  }

  /** Drops what is too old beside a version that now holds. */
  async trim(record: LinkRecord): Promise<void> {
    const oldest = record.version - keptVersions - 1;
    if (oldest > 0) await this.#registry.remove(kindOf(record), idOf(oldest));
  }

  /** The versions of a link that are kept, and the one that holds; the newest first. */
  async of(current: LinkRecord): Promise<LinkRecord[]> {
    const kept = (await this.#registry.list(kindOf(current)))
      .map((document) => decodeRecord(current, document.value))
      .filter((record) => record.version < current.version);
    return [current, ...kept.sort((a, b) => b.version - a.version)].slice(0, keptVersions + 1);
  }

  /** One version of a link, if it is kept. */
  async version(id: LinkId, version: number): Promise<LinkRecord | undefined> {
    const document = await this.#registry.get(kindOf(id), idOf(version));
    return document && decodeRecord(id, document.value);
  }
}

function kindOf(id: LinkId): string {
  return `history ${keyOf(id)}`;
}

function idOf(version: number): string {
  return String(version).padStart(15, "0");
}
