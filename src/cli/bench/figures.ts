import type { Outcome } from "./load.ts";

/** What is said of a load, times in ms. */
export interface Figures {
  readonly requests: number;
  readonly perSecond: number;
  readonly average: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly errors: number;
  /** 0 to 1. */
  readonly busy: number;
}

export function figuresOf({ all, errors, took, busy }: Outcome): Figures {
  const ms = (value: number) => Number(value.toPrecision(3));
  return {
    requests: all.total,
    perSecond: Number(((all.total / Math.max(1, took)) * 1000).toPrecision(3)),
    average: ms(all.average),
    p50: ms(all.quantile(0.5)),
    p90: ms(all.quantile(0.9)),
    p95: ms(all.quantile(0.95)),
    p99: ms(all.quantile(0.99)),
    max: ms(all.max),
    errors,
    busy: Number(busy.toPrecision(2)),
  };
}

/** Above this share of its own time the load says more about this program than about the server. */
export const tooBusy = 0.9;

/** The state of a load on one line. */
export function liveLine(soFar: Outcome): string {
  // The last second that is whole.
  const latest = soFar.seconds.at(-2) ?? soFar.seconds.at(-1);
  if (latest === undefined) return "";
  const ms = (share: number) => `${Number(latest.latencies.quantile(share).toPrecision(3))}`;
  return [
    `${latest.users} users`,
    `${latest.latencies.total}/s`,
    `p50 ${ms(0.5)} p95 ${ms(0.95)} p99 ${ms(0.99)} ms`,
    `${soFar.errors} errors`,
  ].join("  ");
}
