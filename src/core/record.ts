import type { LinkId, LinkRecord, RedirectStatus } from "./link.ts";

/**
 * What of a record is kept in one compact JSON document; host and slug are kept beside it, as the engine's key.
 * A field at its usual value is left out: null, false, no tags, no used clicks, version 1, and `updatedAt` when it is `createdAt`.
 * Every engine keeps the same document, so that moving between them copies text.
 */
interface StoredDocument {
  url: string;
  title?: string;
  tags?: string[];
  note?: string;
  redirectStatus?: RedirectStatus;
  validFrom?: number;
  validUntil?: number;
  maxClicks?: number;
  usedClicks?: number;
  disabled?: true;
  forwardQuery?: true;
  createdAt: number;
  updatedAt?: number;
  deletedAt?: number;
  version?: number;
  changedBy?: string;
  token: string;
}

/** The document of a record. The same record always gives the same text. */
export function encodeRecord(record: LinkRecord): string {
  const document: StoredDocument = { url: record.url, createdAt: record.createdAt, token: record.token };
  if (record.updatedAt !== record.createdAt) document.updatedAt = record.updatedAt;
  if (record.version !== 1) document.version = record.version;
  if (record.title !== null) document.title = record.title;
  if (record.tags.length > 0) document.tags = [...record.tags];
  if (record.note !== null) document.note = record.note;
  if (record.redirectStatus !== null) document.redirectStatus = record.redirectStatus;
  if (record.validFrom !== null) document.validFrom = record.validFrom;
  if (record.validUntil !== null) document.validUntil = record.validUntil;
  if (record.maxClicks !== null) document.maxClicks = record.maxClicks;
  if (record.usedClicks !== 0) document.usedClicks = record.usedClicks;
  if (record.disabled) document.disabled = true;
  if (record.forwardQuery) document.forwardQuery = true;
  if (record.changedBy !== null) document.changedBy = record.changedBy;
  if (record.deletedAt !== null) document.deletedAt = record.deletedAt;
  return JSON.stringify(document);
}

/** The record of a document that `encodeRecord` made and whose checksum was right. Fields it does not know are dropped. */
export function decodeRecord(id: LinkId, text: string): LinkRecord {
  const document = JSON.parse(text) as StoredDocument;
  return {
    host: id.host,
    slug: id.slug,
    url: document.url,
    title: document.title ?? null,
    tags: document.tags ?? [],
    note: document.note ?? null,
    redirectStatus: document.redirectStatus ?? null,
    validFrom: document.validFrom ?? null,
    validUntil: document.validUntil ?? null,
    maxClicks: document.maxClicks ?? null,
    usedClicks: document.usedClicks ?? 0,
    disabled: document.disabled ?? false,
    forwardQuery: document.forwardQuery ?? false,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt ?? document.createdAt,
    deletedAt: document.deletedAt ?? null,
    version: document.version ?? 1,
    changedBy: document.changedBy ?? null,
    token: document.token,
  };
}
