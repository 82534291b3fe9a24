import { expect, test } from "bun:test";
import { Histogram } from "../../core/histogram.ts";
import { Gatherer, type Reporter } from "./gather.ts";
import type { Sample } from "./table.ts";

const redirects = (value: number): Sample => ({
  name: "curt_requests_total",
  labels: { asker: "visitor", outcome: "redirect" },
  value,
});
const total = (text: string, start: string) =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(start))
      ?.split(" ")
      .at(-1),
  );

/** Someone who answers at once with what `samples` gives, or never. */
function connect(gatherer: Gatherer, samples: () => Sample[] | undefined): Reporter {
  const reporter: Reporter = {
    ask: () => {
      const given = samples();
      if (given !== undefined) setTimeout(() => gatherer.reported(reporter, given), 1);
    },
  };
  gatherer.connect(reporter);
  return reporter;
}

test("workers are added up, and one that ends stays in the sums", async () => {
  const gatherer = new Gatherer(() => [{ name: "curt_workers", labels: {}, value: 2 }]);
  const one = connect(gatherer, () => [
    redirects(5),
    { name: "curt_memory_bytes", labels: { process: "worker" }, value: 100 },
  ]);
  connect(gatherer, () => [redirects(7), { name: "curt_memory_bytes", labels: { process: "worker" }, value: 50 }]);
  const before = await gatherer.text();
  expect(total(before, "curt_requests_total{")).toBe(12);
  expect(total(before, "curt_memory_bytes{")).toBe(150);
  expect(before).toContain("# TYPE curt_requests_total counter\n");
  gatherer.gone(one);
  const after = await gatherer.text();
  expect(total(after, "curt_requests_total{")).toBe(12);
  expect(total(after, "curt_memory_bytes{")).toBe(50);
  connect(gatherer, () => [redirects(1)]);
  expect(total(await gatherer.text(), "curt_requests_total{")).toBe(13);
});

test("a worker that does not answer costs half a second, and what it last said counts", async () => {
  const gatherer = new Gatherer(() => []);
  let silent = false;
  connect(gatherer, () => (silent ? undefined : [redirects(5)]));
  connect(gatherer, () => [redirects(7)]);
  await gatherer.text();
  silent = true;
  const text = await gatherer.text();
  expect(total(text, "curt_requests_total{")).toBe(12);
  expect(total(text, "curt_workers_silent ")).toBe(1);
  silent = false;
  expect(total(await gatherer.text(), "curt_workers_silent ")).toBe(0);
});

test("histograms are added bucket by bucket, ended or not", async () => {
  const gatherer = new Gatherer(() => []);
  const took = new Histogram();
  took.add(0.002, 64);
  took.add(20);
  const sample: Sample = { name: "curt_request_seconds", labels: { asker: "visitor" }, value: took.counts };
  const one = connect(gatherer, () => [sample]);
  connect(gatherer, () => [sample]);
  await gatherer.text();
  gatherer.gone(one);
  const text = await gatherer.text();
  expect(total(text, 'curt_request_seconds_bucket{le="0.001",asker="visitor"}')).toBe(0);
  expect(total(text, 'curt_request_seconds_bucket{le="0.0025",asker="visitor"}')).toBe(128);
  expect(total(text, 'curt_request_seconds_bucket{le="+Inf",asker="visitor"}')).toBe(130);
  expect(total(text, "curt_request_seconds_count{")).toBe(130);
  expect(total(text, "curt_request_seconds_sum{")).toBeCloseTo(40.256);
});
