import { expect, test } from "bun:test";
import { AnswerReader } from "./answer-reader.ts";
import { Latencies } from "./latencies.ts";

test("percentiles are right to 2 %, and all are counted", () => {
  const latencies = new Latencies();
  for (let i = 1; i <= 10_000; i++) latencies.add(i / 10);
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    expect(latencies.quantile(share)).toBeGreaterThan(share * 1000 * 0.98);
    expect(latencies.quantile(share)).toBeLessThan(share * 1000 * 1.021);
  }
  expect([latencies.total, latencies.max, latencies.quantile(1)]).toEqual([10_000, 1000, 1000]);
  expect(latencies.average).toBeCloseTo(500.05);
  const spread = latencies.spread([10, 100, 500]);
  expect(spread.reduce((sum, one) => sum + one)).toBe(10_000);
  expect(spread[0]).toBeGreaterThan(95);
  expect(new Latencies().quantile(0.5)).toBe(0);
});

test("answers are read whole, however they are cut", () => {
  const answers: [string, { status: number; closes: boolean }][] = [
    ["HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", { status: 302, closes: false }],
    ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\nConnection: close\r\n\r\nhello", { status: 200, closes: true }],
    ["HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", { status: 201, closes: false }],
    ["HTTP/1.1 204 No Content\r\n\r\n", { status: 204, closes: false }],
  ];
  const reader = new AnswerReader();
  for (const [text, wanted] of answers) {
    const bytes = new TextEncoder().encode(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(reader.take(bytes.subarray(0, cut))).toBeUndefined();
      expect(reader.take(bytes.subarray(cut))).toEqual(wanted);
    }
  }
});
