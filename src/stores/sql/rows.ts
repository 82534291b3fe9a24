import { keyOf, type LinkId, type LinkRecord } from "../../core/link.ts";
import { decodeRecord } from "../../core/record.ts";
import { type Document, StoreDamaged } from "../../core/store.ts";
import { documentSum, linkSum } from "./checksum.ts";

export interface LinkRow {
  readonly id: number;
  readonly doc: string;
  readonly sum: number;
}

export interface FullLinkRow extends LinkRow, LinkId {}

export interface DocumentRow {
  readonly kind: string;
  readonly id: string;
  readonly value: string;
  readonly version: number;
  readonly expires_at: number | null;
  readonly sum: number;
}

/** The record of a row of the file `path`. Throws `StoreDamaged` if its checksum is wrong. */
export function recordOf(link: LinkId, row: LinkRow, path: string): LinkRecord {
  if (row.sum !== linkSum(row.id, link.host, link.slug, row.doc)) throw damagedRow(link, row, path);
  return decodeRecord(link, row.doc);
}

function damagedRow(link: LinkId, row: LinkRow, path: string): StoreDamaged {
  return new StoreDamaged(
    `${path}: the row of ${JSON.stringify(keyOf(link))} (id ${row.id}) has a wrong checksum. Run curt doctor.`,
  );
}

/** The document of a row, `undefined` if it has expired. Throws `StoreDamaged` if its checksum is wrong. */
export function documentOf(row: DocumentRow, now: number, path: string): Document | undefined {
  const { kind, id, value, version, expires_at: expiresAt } = row;
  const document = { kind, id, value, version, expiresAt };
  if (row.sum !== documentSum(document)) {
    throw new StoreDamaged(
      `${path}: the document ${JSON.stringify(`${kind}/${id}`)} has a wrong checksum. Run curt doctor.`,
    );
  }
  return expiresAt !== null && expiresAt <= now ? undefined : document;
}
