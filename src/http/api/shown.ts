import type { Frozen } from "../../core/freeze.ts";
import type { ApiKey } from "../../core/keys.ts";
import { type LinkRecord, stateOf } from "../../core/link.ts";
import { pathOfSlug } from "../address.ts";
import type { ShownLink } from "./schemas.ts";

export const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/** Where visitors reach a link. */
export function shortUrlOf(link: LinkRecord, baseUrl: string): string {
  return `${baseUrl}/${pathOfSlug(link.slug)}`;
}

/** A link as the API answers it, with its `clicks`. */
export function shownLink(link: LinkRecord, clicks: number, baseUrl: string, now: number): ShownLink {
  return {
    slug: link.slug,
    url: link.url,
    shortUrl: shortUrlOf(link, baseUrl),
    title: link.title,
    tags: [...link.tags],
    note: link.note,
    state: stateOf(link, now),
    redirectStatus: link.redirectStatus,
    validFrom: timeOf(link.validFrom),
    validUntil: timeOf(link.validUntil),
    maxClicks: link.maxClicks,
    usedClicks: link.usedClicks,
    disabled: link.disabled,
    forwardQuery: link.forwardQuery,
    createdAt: new Date(link.createdAt).toISOString(),
    updatedAt: new Date(link.updatedAt).toISOString(),
    version: link.version,
    clicks,
  };
}

/** A key as the API answers it, without its secret. */
export function shownKey(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    createdAt: new Date(key.createdAt).toISOString(),
    expiresAt: timeOf(key.expiresAt),
  };
}

/** A freeze as the API answers it. */
export function shownFreeze({ by, version, expiresAt }: Frozen) {
  return { by, version, expiresAt: timeOf(expiresAt) };
}
