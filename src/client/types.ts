/** What the API takes and answers, as `GET /api/v1/openapi.json` has it. Times are RFC 3339. */

export type State = "active" | "scheduled" | "expired" | "exhausted" | "disabled";
export type Scope = "links:read" | "links:write" | "stats:read" | "admin";
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

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

export interface LinkQuery {
  readonly search?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: State | undefined;
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
  readonly scopes: readonly string[];
  readonly expiresAt?: string | null | undefined;
}

export interface Counts {
  readonly total: number | null;
  readonly states: Readonly<Record<State, number>> | null;
  readonly at: string | null;
}

export interface SlugAnswer {
  readonly slug: string;
  readonly available: boolean;
  readonly reason: "taken" | "reserved" | "invalid" | null;
  readonly message: string;
  readonly suggestion: string | null;
}
