import type { ServerReport } from "../../caches/shared.ts";
import { Histogram } from "../../core/histogram.ts";
import type { Resolver } from "../../core/resolver.ts";
import type { StoreReport } from "../../core/timed-store.ts";
import { RequestCounts } from "../../http/counts.ts";
import { watchSelf } from "./own.ts";
import type { Sample } from "./table.ts";

/** What a worker counts besides its requests, as it is when it is asked. */
export interface WorkerParts {
  readonly resolver: Pick<Resolver, "counts">;
  readonly cache: { readonly servers: readonly ServerReport[] } | undefined;
  /** How long ago the change feed was read, in ms. */
  readonly feedAge: () => number;
  readonly clicks: { readonly written: number; readonly lost: number } | undefined;
}

/** All that one worker counts. */
export class WorkerNumbers {
  readonly requests = new RequestCounts();
  readonly #store = new Map<string, { readonly took: Histogram; errors: number }>();
  readonly #self = watchSelf("worker");

  /** For the store's reports. */
  readonly storeReport: StoreReport = (operation, seconds, failed, weight) => {
    let of = this.#store.get(operation);
    if (of === undefined) {
      of = { took: new Histogram(), errors: 0 };
      this.#store.set(operation, of);
    }
    of.took.add(seconds, weight);
    if (failed) of.errors += weight;
  };

  samples(parts: WorkerParts | undefined): Sample[] {
    return [
      ...this.#ofRequests(),
      ...this.#ofStore(),
      ...(parts === undefined ? [] : this.#ofParts(parts)),
      ...this.#self(),
    ];
  }

  #ofRequests(): Sample[] {
    const { requests } = this;
    return [
      ...requests.outcomes().map(
        ({ asker, outcome, count }): Sample => ({
          name: "curt_requests_total",
          labels: { asker, outcome },
          value: count,
        }),
      ),
      ...Object.entries(requests.latency).map(
        ([asker, histogram]): Sample => ({
          name: "curt_request_seconds",
          labels: { asker },
          value: histogram.counts,
        }),
      ),
    ];
  }

  #ofStore(): Sample[] {
    return [...this.#store].flatMap(([operation, { took, errors }]): Sample[] => [
      { name: "curt_store_seconds", labels: { operation }, value: took.counts },
      { name: "curt_store_errors_total", labels: { operation }, value: errors },
    ]);
  }

  #ofParts({ resolver, cache, feedAge, clicks }: WorkerParts): Sample[] {
    const { memory, ...others } = resolver.counts;
    const lookups = { memory: memory + this.requests.quickCount, ...others };
    return [
      ...Object.entries(lookups).map(
        ([layer, value]): Sample => ({ name: "curt_lookups_total", labels: { layer }, value }),
      ),
      ...(cache?.servers ?? []).flatMap(({ address: server, state, failures, opened }): Sample[] => [
        { name: "curt_cache_server_workers", labels: { server, state }, value: 1 },
        { name: "curt_cache_server_failures_total", labels: { server }, value: failures },
        { name: "curt_cache_server_opened_total", labels: { server }, value: opened },
      ]),
      { name: "curt_change_feed_age_seconds", labels: {}, value: feedAge() / 1000 },
      ...(clicks === undefined
        ? []
        : [
            { name: "curt_clicks_recorded_total", labels: {}, value: clicks.written } as const,
            { name: "curt_clicks_lost_total", labels: {}, value: clicks.lost } as const,
          ]),
    ];
  }
}
