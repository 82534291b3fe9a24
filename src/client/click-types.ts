/** What the API answers about clicks. Times are RFC 3339. */

export type Unit = "hour" | "day" | "week" | "month";

export const dimensions = [
  ...(["referrer", "country", "region", "city", "browser", "os", "device", "language", "bot"] as const),
  ...(["utm_source", "utm_medium", "utm_campaign"] as const),
] as const;
export type Dimension = (typeof dimensions)[number];

export interface ClicksQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly unit?: Unit | undefined;
  readonly by?: Dimension | undefined;
  /** Whether bots are in `series` and `groups`. */
  readonly bots?: boolean | undefined;
  /** Of all links: only those that had the tag. */
  readonly tag?: string | undefined;
  /** Of all links: those that nobody has. */
  readonly unknown?: boolean | undefined;
}

export interface Step {
  readonly start: string;
  readonly clicks: number;
  readonly unique: number;
}

export interface Group {
  readonly value: string;
  readonly clicks: number;
}

export interface Clicks {
  readonly from: string;
  readonly to: string;
  /** Coarser than asked for where hours of that age are not kept; `note` says so. */
  readonly unit: Unit;
  readonly note: string | null;
  /** Who must be named where places of the answer are shown. An older server sends none. */
  readonly attribution?: string | null;
  /** Without bots. */
  readonly total: number;
  readonly unique: number;
  readonly bots: number;
  readonly series: readonly Step[];
  readonly groups: readonly Group[];
}

/** One visit: when, and what is known. */
export type Visit = { readonly time: string } & { readonly [name in Dimension]: string | null };

export interface Visits {
  readonly events: readonly Visit[];
  readonly attribution?: string;
  /** The `before` of the next page; `null` after the last. */
  readonly next: string | null;
}

export interface LiveCounts {
  readonly at: string;
  readonly day: string;
  readonly total: number;
  readonly unique: number;
  readonly bots: number;
  /** Clicks since the event before, bots included. */
  readonly added: number;
  /** Clicks of the last 60 seconds, bots included; of fewer `seconds` where the server follows them no longer yet. */
  readonly minute: { readonly clicks: number; readonly seconds: number };
}
