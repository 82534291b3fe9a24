import type { LinkId, LinkRecord } from "./link.ts";

/**
 * A shared cache outside the process. It may forget anything at any time, but never invents: what it cannot read or
 * verify is a miss. It never throws for a failing server: a failure is a miss, or a put that did nothing.
 */
export interface Cache {
  get(id: LinkId): Promise<LinkRecord | undefined>;
  /** Keeps the record unless a newer version is kept already, until `expiresAt` (ms since 1970). */
  putIfNewer(record: LinkRecord, expiresAt: number): Promise<void>;
  close(): Promise<void>;
}
