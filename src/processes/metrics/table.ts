import type { HistogramCounts } from "../../core/histogram.ts";

/** A metric as the table has it. Of several processes the values are added, or the largest counts. */
interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly across?: "sum" | "max";
}

/** The one table of metrics: `GET /metrics` and `docs/metrics.md` have these and no others. Durations are in seconds. */
export const metrics = {
  curt_requests_total: { type: "counter", help: "Requests answered, by who asked and how it ended." },
  curt_request_seconds: { type: "histogram", help: "How long answers took; one redirect out of memory stands for 64." },
  curt_lookups_total: { type: "counter", help: "Where the links that visitors asked for were found." },
  curt_cache_server_workers: { type: "gauge", help: "Workers by the state in which they hold a server of the cache." },
  curt_cache_server_failures_total: { type: "counter", help: "Questions that a server of the cache did not answer." },
  curt_cache_server_opened_total: { type: "counter", help: "How often a server of the cache was given up." },
  curt_store_seconds: { type: "histogram", help: "How long the store took; one read of a link stands for 16." },
  curt_store_errors_total: {
    type: "counter",
    help: "Operations that the store failed; one read of a link stands for 16.",
  },
  curt_change_feed_age_seconds: {
    type: "gauge",
    help: "How long ago the store's changes were last read, by the worker for which it is longest.",
    across: "max",
  },
  curt_clicks_recorded_total: { type: "counter", help: "Clicks written to the journals." },
  curt_clicks_lost_total: {
    type: "counter",
    help: "Clicks that could not be written to a journal: disk full, or broken.",
  },
  curt_clicks_counted_total: { type: "counter", help: "Clicks that the clerk has added to the store." },
  curt_clicks_waiting_bytes: { type: "gauge", help: "Journals that are not yet counted, or not yet finished." },
  curt_event_loop_delay_seconds: {
    type: "histogram",
    help: "How late a timer of each process came, ten times a second.",
  },
  curt_memory_bytes: { type: "gauge", help: "Resident memory; pages that processes share are in each of them." },
  curt_cpu_seconds_total: { type: "counter", help: "Processor time used." },
  curt_workers: { type: "gauge", help: "Worker processes that are running." },
  curt_workers_wanted: { type: "gauge", help: "Worker processes that should be running." },
  curt_workers_silent: { type: "gauge", help: "Workers that did not report in time; what they last reported counts." },
  curt_worker_deaths_total: { type: "counter", help: "Workers that ended without being asked to." },
  curt_start_time_seconds: { type: "gauge", help: "When this server started, in seconds since 1970." },
  curt_info: { type: "gauge", help: "1, with the version and the kinds of store and cache." },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

/** One value as a process reports it. */
export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | HistogramCounts;
}

/** The same, for a loop over all. */
export function metricOf(name: MetricName): Metric {
  return metrics[name];
}
