import type { Accounts } from "../core/accounts.ts";
import type { Census } from "../core/census.ts";
import type { ClickRecorder, ClickStore } from "../core/click.ts";
import type { History } from "../core/history.ts";
import type { Keys } from "../core/keys.ts";
import type { Limiter } from "../core/limiter.ts";
import type { RedirectStatus } from "../core/link.ts";
import type { Links } from "../core/links.ts";
import type { Resolver } from "../core/resolver.ts";
import type { ShownSetting } from "../core/shown-setting.ts";
import type { SlugMaker } from "../core/slugs.ts";
import type { Registry } from "../core/store.ts";
import type { RequestCounts } from "./counts.ts";
import type { Tracing } from "./tracing.ts";

/** Lines for whoever runs the server. Nothing that a visitor sent, and no secret, is in them. */
export interface HttpLog {
  readonly warn: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
  readonly error: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

export interface HttpOptions {
  readonly links: Links;
  readonly resolver: Resolver;
  readonly limiter: Limiter;
  /** What was counted, for statistics. */
  readonly stats: ClickStore;
  /** Who is to be named where places are shown; `null`: nobody. */
  readonly placesCredit: string | null;
  /** See `RedirectOptions`. */
  readonly isPreview: (userAgent: string) => boolean;
  readonly keys: Keys;
  readonly history: History;
  readonly census: Census;
  /** The settings as they may be shown. */
  readonly settings: readonly ShownSetting[];
  readonly accounts: Accounts;
  readonly registry: Registry;
  /** Slugs of strategy `hash`, for `POST /shorten_url`. */
  readonly hash: SlugMaker;
  /** How short links are printed; no slash at the end. */
  readonly baseUrl: string;
  readonly redirectStatus: RedirectStatus;
  readonly publicCreate: boolean;
  /** Requests a minute to the API for each key, session, or address without one, in each worker; 0: no limit. */
  readonly rateLimit: number;
  /** Unknown slugs a minute that one address may ask the store for, in each worker; 0: no limit. */
  readonly unknownLimit: number;
  /** Origins whose pages may use the API with a key. */
  readonly corsOrigins: readonly string[];
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly log: HttpLog;
  /** Takes down every redirect that is answered; without it none is counted. */
  readonly clicks?: ClickRecorder | undefined;
  readonly counts: RequestCounts;
  /** Follows what takes longer than a look into memory. */
  readonly tracing?: Tracing | undefined;
  /** The metrics of all workers of this machine. */
  readonly metricsText: () => Promise<string>;
  /** In ms. */
  readonly now: () => number;
  readonly mutants: readonly string[];
  /** Answers `/dashboard` and what is below it. */
  readonly dashboard: (path: string, request: Request) => Promise<Response>;
  /** Seconds a request may take to arrive, and an idle connection to stay (rounded up to 4 by the server). */
  readonly requestSeconds?: number;
  /** For tests: even plain requests take the long way, to see that both ways answer alike. */
  readonly onlyLongWay?: boolean;
}
