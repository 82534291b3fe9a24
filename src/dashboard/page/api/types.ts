/** What the API answers, as `docs/api.md` has it. A field that a server may not have yet is optional. */

export type State = "active" | "scheduled" | "expired" | "exhausted" | "disabled";
export const states: readonly State[] = ["active", "scheduled", "expired", "exhausted", "disabled"];

export const redirectStatuses = [301, 302, 303, 307, 308] as const;

export interface Link {
  readonly slug: string;
  readonly url: string;
  readonly shortUrl: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly state: State;
  readonly redirectStatus: number | null;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  readonly maxClicks?: number | null;
  readonly hasPassword?: boolean;
  readonly disabled: boolean;
  readonly forwardQuery: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  readonly clicks?: number;
}

/** What may be said of a link when it is made. */
export interface NewLink {
  url: string;
  slug?: string;
  title?: string | null;
  tags?: readonly string[];
  note?: string | null;
  redirectStatus?: number | null;
  validFrom?: string | null;
  validUntil?: string | null;
  maxClicks?: number | null;
  password?: string | null;
  forwardQuery?: boolean;
  disabled?: boolean;
  reuse?: boolean;
}

export type Patch = Partial<Omit<NewLink, "slug" | "reuse">>;

export interface LinkPage {
  readonly links: readonly Link[];
  readonly next: string | null;
}

export type Unit = "hour" | "day" | "week" | "month";

export type Dimension =
  | "referrer"
  | "country"
  | "region"
  | "city"
  | "browser"
  | "os"
  | "device"
  | "language"
  | "bot"
  | "utm_source"
  | "utm_medium"
  | "utm_campaign";

export interface Step {
  readonly start: string;
  readonly clicks: number;
  readonly unique: number;
  readonly bots?: number;
}

export interface Group {
  readonly value: string;
  readonly clicks: number;
}

export interface Clicks {
  readonly unit: Unit;
  readonly total: number;
  readonly unique: number;
  readonly bots: number;
  readonly series: readonly Step[];
  readonly groups: readonly Group[];
}

export interface Key {
  readonly id: string;
  readonly name: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
}
