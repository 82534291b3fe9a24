/** What the API takes and answers, as `GET /api/v1/openapi.json` has it. Times are RFC 3339. */

export const states = ["active", "scheduled", "expired", "exhausted", "disabled"] as const;
export type State = (typeof states)[number];
export const scopes = ["links:read", "links:write", "stats:read", "admin"] as const;
export type Scope = (typeof scopes)[number];
export const redirectStatuses = [301, 302, 303, 307, 308] as const;
export type RedirectStatus = (typeof redirectStatuses)[number];

export interface Link {
  readonly slug: string;
  readonly url: string;
  readonly shortUrl: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly state: State;
  readonly redirectStatus: RedirectStatus | null;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  readonly maxClicks: number | null;
  readonly usedClicks: number;
  readonly disabled: boolean;
  readonly forwardQuery: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  /** Redirects answered, bots included; at most 2 s late. */
  readonly clicks: number;
}

/** What an edit may change; `null` empties. */
export interface LinkPatch {
  readonly url?: string | undefined;
  readonly title?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | null | undefined;
  readonly redirectStatus?: RedirectStatus | null | undefined;
  readonly validFrom?: string | null | undefined;
  readonly validUntil?: string | null | undefined;
  readonly maxClicks?: number | null | undefined;
  readonly disabled?: boolean | undefined;
  readonly forwardQuery?: boolean | undefined;
}

export interface NewLink extends LinkPatch {
  readonly url: string;
  readonly slug?: string | undefined;
  /** Takes a link that is the same, if there is one. */
  readonly reuse?: boolean | undefined;
}

/** Which links; what is `undefined` or "" narrows nothing. */
export interface LinkFilter {
  readonly search?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: State | "" | undefined;
}

export interface LinkQuery extends LinkFilter {
  /** 1 to 1,000. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface LinkPage {
  readonly links: readonly Link[];
  /** The cursor of the next page; `null` after the last. */
  readonly next: string | null;
}

export interface HistoryEntry {
  readonly version: number;
  readonly at: string;
  readonly by: {
    readonly kind: "key" | "user" | "anyone";
    readonly id: string | null;
    readonly name: string | null;
  } | null;
  readonly action: "created" | "changed" | "deleted";
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** Which links are exported: those of a filter, or (`slugs`, at most 10,000) those named. */
export interface ExportQuery extends LinkFilter {
  readonly slugs?: readonly string[] | undefined;
  readonly format?: "csv" | "jsonl" | undefined;
}

/** How a QR code is drawn; see `docs/api.md`. */
export interface QrOptions {
  readonly format?: "svg" | "png" | undefined;
  /** Pixels of a side, 64 to 2,048. */
  readonly size?: number | undefined;
  /** 0 to 16 modules. */
  readonly margin?: number | undefined;
  readonly level?: "L" | "M" | "Q" | "H" | undefined;
  /** Six hexadecimal digits; `light` may be `transparent`. */
  readonly dark?: string | undefined;
  readonly light?: string | undefined;
  /** A PNG in base64; the level is then Q or H. */
  readonly logo?: string | undefined;
}

export interface LinkChanges {
  readonly slugs: readonly string[];
  readonly set?: LinkPatch;
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly remove?: boolean;
}

export interface ChangeResult {
  readonly slug: string;
  readonly status: number;
  readonly link?: Link | undefined;
  readonly error?: { readonly code: string; readonly detail: string } | undefined;
}

export interface Key {
  readonly id: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

export interface NewKey {
  readonly name?: string | null | undefined;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: string | null | undefined;
}

export interface Counts {
  readonly total: number | null;
  readonly states: Readonly<Record<State, number>> | null;
  /** The ten most used, with their redirects answered, bots included. */
  readonly top: readonly { readonly slug: string; readonly clicks: number }[] | null;
  readonly at: string | null;
}

export interface SlugAnswer {
  readonly slug: string;
  readonly available: boolean;
  readonly reason: "taken" | "reserved" | "invalid" | null;
  readonly message: string;
  readonly suggestion: string | null;
}

/** A link of a batch. With an admin key it may bring its age, and a token that makes the same line again find its own link. */
export interface BatchLine extends NewLink {
  readonly createdAt?: string | null | undefined;
  readonly token?: string | undefined;
}

export interface BatchResult {
  /** Counts from 1. */
  readonly line: number;
  readonly status: number;
  readonly link?: Link | undefined;
  readonly error?: { readonly status: number; readonly code: string; readonly detail: string } | undefined;
}
