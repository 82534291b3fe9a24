import type { LinkId, LinkRecord, RedirectStatus, VisitorLink } from "./link.ts";

/** What of a record is not at its usual value, which is null, false, no tags, no used clicks, version 1, or `createdAt`. */
interface Unusual {
  updatedAt?: number;
  version?: number;
  title?: string;
  tags?: readonly string[];
  note?: string;
  redirectStatus?: RedirectStatus;
  validFrom?: number;
  validUntil?: number;
  maxClicks?: number;
  usedClicks?: number;
  disabled?: true;
  forwardQuery?: true;
  changedBy?: string;
  deletedAt?: number;
}

/**
 * What of a record is kept in one compact JSON document; host and slug are kept beside it, as the engine's key.
 * Every engine keeps the same document, so that moving between them copies text.
 */
interface StoredDocument extends Unusual {
  url: string;
  createdAt: number;
  token: string;
}

const forItsMaker = { title: null, note: null, changedBy: null } as const;
const usual: Unusual = {};
const noTags: readonly string[] = [];

/** The document of a record. The same record always gives the same text. */
export function encodeRecord(record: LinkRecord): string {
  const { url, createdAt, token } = record;
  const document: StoredDocument = { url, createdAt, token, ...unusualOf(record) };
  return JSON.stringify(document);
}

/** The record of a document that `encodeRecord` made and whose checksum was right. Fields it does not know are dropped. */
export function decodeRecord(id: LinkId, text: string): LinkRecord {
  const document = JSON.parse(text) as StoredDocument;
  const { url, createdAt, token } = document;
  return {
    ...visitorLinkOf(id, url, createdAt, token, document),
    title: document.title ?? null,
    note: document.note ?? null,
    changedBy: document.changedBy ?? null,
  };
}

/** What a link has besides slug, target, time and token, as text; "" for most. */
export function encodeBesides(link: VisitorLink): string {
  const unusual = unusualOf({ ...link, ...forItsMaker });
  return Object.keys(unusual).length === 0 ? "" : JSON.stringify(unusual);
}

/** The link again; `text` is what `encodeBesides` gave. */
export function decodeBesides(id: LinkId, url: string, createdAt: number, token: string, text: string): VisitorLink {
  return visitorLinkOf(id, url, createdAt, token, text === "" ? usual : (JSON.parse(text) as Unusual));
}

function unusualOf(record: LinkRecord): Unusual {
  const unusual: Unusual = {};
  if (record.updatedAt !== record.createdAt) unusual.updatedAt = record.updatedAt;
  if (record.version !== 1) unusual.version = record.version;
  if (record.title !== null) unusual.title = record.title;
  if (record.tags.length > 0) unusual.tags = record.tags;
  if (record.note !== null) unusual.note = record.note;
  if (record.redirectStatus !== null) unusual.redirectStatus = record.redirectStatus;
  if (record.validFrom !== null) unusual.validFrom = record.validFrom;
  if (record.validUntil !== null) unusual.validUntil = record.validUntil;
  if (record.maxClicks !== null) unusual.maxClicks = record.maxClicks;
  if (record.usedClicks !== 0) unusual.usedClicks = record.usedClicks;
  if (record.disabled) unusual.disabled = true;
  if (record.forwardQuery) unusual.forwardQuery = true;
  if (record.changedBy !== null) unusual.changedBy = record.changedBy;
  if (record.deletedAt !== null) unusual.deletedAt = record.deletedAt;
  return unusual;
}

function visitorLinkOf(id: LinkId, url: string, createdAt: number, token: string, unusual: Unusual): VisitorLink {
  return {
    host: id.host,
    slug: id.slug,
    url,
    tags: unusual.tags ?? noTags,
    redirectStatus: unusual.redirectStatus ?? null,
    validFrom: unusual.validFrom ?? null,
    validUntil: unusual.validUntil ?? null,
    maxClicks: unusual.maxClicks ?? null,
    usedClicks: unusual.usedClicks ?? 0,
    disabled: unusual.disabled ?? false,
    forwardQuery: unusual.forwardQuery ?? false,
    createdAt,
    updatedAt: unusual.updatedAt ?? createdAt,
    deletedAt: unusual.deletedAt ?? null,
    version: unusual.version ?? 1,
    token,
  };
}
