import { afterEach, beforeEach, expect, test } from "bun:test";
import { until } from "./process-list.ts";
import { TcpProxy } from "./proxy.ts";

/** Answers each request with how many bytes its body had. */
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => new Response(`${(await request.arrayBuffer()).byteLength}`),
});
let proxy: TcpProxy;
beforeEach(() => {
  proxy = new TcpProxy(`127.0.0.1:${server.port}`);
});
afterEach(() => proxy.stop());

const ask = (body = "", limit = 2000) =>
  fetch(`http://${proxy.address}/`, {
    method: "POST",
    body,
    keepalive: false,
    signal: AbortSignal.timeout(limit),
  }).then((answer) => answer.text());
const failure = (body = "", limit = 300) =>
  ask(body, limit).then(
    () => "answered",
    (error: Error) => error.name,
  );

test("passes small and big pieces and counts them", async () => {
  expect(await ask("hello")).toBe("5");
  expect(await ask("x".repeat(5_000_000))).toBe("5000000");
  expect(proxy.counts.connections).toBe(2);
  expect(proxy.counts.sent).toBeGreaterThan(5_000_000);
  expect(proxy.counts.received).toBeGreaterThan(20);
  await until(() => proxy.open === 0, 1000);
});

test("delays both ways, and stops delaying", async () => {
  proxy.delay = 100;
  const started = performance.now();
  expect(await ask()).toBe("0");
  expect(performance.now() - started).toBeGreaterThanOrEqual(199);
  proxy.delay = 0;
  const again = performance.now();
  await ask();
  expect(performance.now() - again).toBeLessThan(100);
});

test("refuses while cut, and is back after it on the same port", async () => {
  proxy.weather = "cut";
  expect(await failure()).not.toBe("answered");
  expect(proxy.counts.connections).toBe(0);
  proxy.weather = "pass";
  expect(await ask("back")).toBe("4");
});

test("cuts connections that are open", async () => {
  proxy.delay = 500;
  const late = failure("", 2000);
  await until(() => proxy.open === 1, 1000);
  proxy.weather = "cut";
  expect(await late).not.toBe("answered");
  expect(proxy.open).toBe(0);
});

test("a black hole accepts and says nothing", async () => {
  proxy.weather = "blackhole";
  expect(await failure()).toBe("TimeoutError");
  expect(proxy.counts).toMatchObject({ connections: 1, sent: 0, received: 0 });
});

test("garbage is an answer, and not one of the server's", async () => {
  proxy.weather = "garbage";
  expect(await failure()).not.toMatch(/answered|TimeoutError/);
  expect(proxy.counts).toMatchObject({ sent: 0 });
  expect(proxy.counts.received).toBeGreaterThanOrEqual(64);
});

test("a server that is gone closes the connection", async () => {
  const lonely = new TcpProxy("127.0.0.1:1");
  const answer = await fetch(`http://${lonely.address}/`, { signal: AbortSignal.timeout(2000) }).then(
    () => "answered",
    (error: Error) => error.name,
  );
  expect(answer).not.toMatch(/answered|TimeoutError/);
  lonely.stop();
});
