import type { LinkId, RedirectStatus, VisitorLink } from "./link.ts";

/** What most links do not have: everything of a `VisitorLink` but what each has. */
interface More {
  tags?: readonly string[];
  redirectStatus?: RedirectStatus;
  validFrom?: number;
  validUntil?: number;
  maxClicks?: number;
  usedClicks?: number;
  disabled?: true;
  forwardQuery?: true;
  updatedAt?: number;
  deletedAt?: number;
  version?: number;
}

const usual: More = {};
const noTags: readonly string[] = [];

/** What a link has that most have not, as text; "" for most. */
export function moreOf(link: VisitorLink): string {
  const more: More = {};
  if (link.tags.length > 0) more.tags = link.tags;
  if (link.redirectStatus !== null) more.redirectStatus = link.redirectStatus;
  if (link.validFrom !== null) more.validFrom = link.validFrom;
  if (link.validUntil !== null) more.validUntil = link.validUntil;
  if (link.maxClicks !== null) more.maxClicks = link.maxClicks;
  if (link.usedClicks !== 0) more.usedClicks = link.usedClicks;
  if (link.disabled) more.disabled = true;
  if (link.forwardQuery) more.forwardQuery = true;
  if (link.updatedAt !== link.createdAt) more.updatedAt = link.updatedAt;
  if (link.deletedAt !== null) more.deletedAt = link.deletedAt;
  if (link.version !== 1) more.version = link.version;
  return Object.keys(more).length === 0 ? "" : JSON.stringify(more);
}

/** The link again; `text` is what `moreOf` gave. */
export function withMore(id: LinkId, url: string, createdAt: number, token: string, text: string): VisitorLink {
  const more = text === "" ? usual : (JSON.parse(text) as More);
  return {
    host: id.host,
    slug: id.slug,
    url,
    tags: more.tags ?? noTags,
    redirectStatus: more.redirectStatus ?? null,
    validFrom: more.validFrom ?? null,
    validUntil: more.validUntil ?? null,
    maxClicks: more.maxClicks ?? null,
    usedClicks: more.usedClicks ?? 0,
    disabled: more.disabled ?? false,
    forwardQuery: more.forwardQuery ?? false,
    createdAt,
    updatedAt: more.updatedAt ?? createdAt,
    deletedAt: more.deletedAt ?? null,
    version: more.version ?? 1,
    token,
  };
}
