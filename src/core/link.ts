/** Status codes a redirect may be answered with. */
export const redirectStatuses = [301, 302, 303, 307, 308] as const;
export type RedirectStatus = (typeof redirectStatuses)[number];

/** What names a link: the host it is served on (the default host is empty) and its slug. */
export interface LinkId {
  readonly host: string;
  readonly slug: string;
}

/**
 * A link as it is kept. Times are milliseconds since 1970, UTC.
 * A deleted link stays as a mark (`deletedAt`), so that its version can only rise when the slug is used again.
 */
export interface LinkRecord extends LinkId {
  readonly url: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly redirectStatus: RedirectStatus | null;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  /** How many clicks it leads to its target in all, 1 or more; `null`: any number. */
  readonly maxClicks: number | null;
  /** Clicks of its limit that are known to be used: brought up to date when the last one is, and by edits of the limit. */
  readonly usedClicks: number;
  readonly disabled: boolean;
  readonly forwardQuery: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt: number | null;
  /** Starts at 1 and rises by 1 with every change, through deletion and re-creation too. */
  readonly version: number;
  /** Who made this version: `key ID`, `user NAME` or `anyone`; `null`: not known. */
  readonly changedBy: string | null;
  /** Random, made once for each creation: tells "my insert" from "somebody else's" when an outcome is unknown. */
  readonly token: string;
}

/** What of a link is needed to lead visitors; the rest is for who made it. */
export type VisitorLink = Omit<LinkRecord, "title" | "note" | "changedBy">;

export const linkStates = ["active", "scheduled", "expired", "exhausted", "disabled"] as const;
export type LinkState = (typeof linkStates)[number];

/** The state of a link that is not deleted, at the time `now`. Its window is closed at the start, open at the end. */
export function stateOf(link: VisitorLink, now: number): LinkState {
  if (link.disabled) return "disabled";
  if (link.validUntil !== null && now >= link.validUntil) return "expired";
  if (link.maxClicks !== null && link.usedClicks >= link.maxClicks) return "exhausted";
  if (link.validFrom !== null && now < link.validFrom) return "scheduled";
  return "active";
}

/** One string for a link's identity, fit to be a key in a map. No host has a slash. */
export function keyOf(id: LinkId): string {
  return id.host === "" ? id.slug : `${id.host}//${id.slug}`;
}

/** Whether a later version of a slug's record is another link than the one before, and so the newest of the list. */
export function isAnotherLink(before: LinkRecord, after: LinkRecord): boolean {
  return after.deletedAt === null && (before.deletedAt !== null || before.token !== after.token);
}
