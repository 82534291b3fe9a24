import { AggregatorRegistry } from "prom-client";
import { secondsBounds } from "../../core/histogram.ts";
import { type MetricName, metricOf, type Sample } from "./table.ts";

/** One value of a metric, as prom-client passes it between processes. */
interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** The Prometheus text of what several processes report, summed. */
export function metricsText(reports: readonly (readonly Sample[])[]): Promise<string> {
  return AggregatorRegistry.aggregate(reports.map(metricObjects)).metrics();
}

/** What one process reports, in the form that prom-client adds up. */
function metricObjects(samples: readonly Sample[]): object[] {
  const values = new Map<MetricName, Value[]>();
  for (const sample of samples) {
    const of = values.get(sample.name) ?? [];
    of.push(...valuesOf(sample));
    values.set(sample.name, of);
  }
  return [...values].map(([name, of]) => {
    const { type, help, across = "sum" } = metricOf(name);
    return { name, help, type, aggregator: across, values: of };
  });
}

function valuesOf({ name, labels, value }: Sample): Value[] {
  if (typeof value === "number") return [{ labels, value }];
  let total = 0;
  const buckets = value.buckets.map((count, i): Value => {
    total += count;
    return { labels: { le: secondsBounds[i] ?? "+Inf", ...labels }, value: total, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: value.sum, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ];
}
