/** What hostile or broken bytes get: docs/decisions/0004-http-server.md says who refuses what. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { adminKey, startParts } from "./parts.ts";
import { raw, type Sending } from "./raw.ts";

const parts = startParts({ requestSeconds: 4 });
const { port } = parts.server;
const key = `Authorization: Bearer ${adminKey}\r\n`;
const host = "Host: curt.example\r\n";
beforeAll(async () => {
  for (const slug of ["b", "a/b"])
    await parts.ask("POST", "/api/v1/links", { url: `https://example.com/${slug}`, slug });
});
afterAll(() => parts.server.drain());

const get = (path: string, headers = host) => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;
const post = (headers: string, body = "") =>
  `POST /api/v1/links HTTP/1.1\r\n${host}${key}Content-Type: application/json\r\n${headers}\r\n${body}`;
const json = '{"url":"https://example.com/raw"}';

/** The statuses that one piece of bytes gets; a second good request shows whether the connection goes on. */
const statuses = async (...sendings: Sending[]) => (await raw(port, sendings)).statuses;

describe("refused", () => {
  const rows: Record<string, [bytes: string, status: number]> = {
    "two Host headers": [get("/b", `${host}Host: other.example\r\n`), 400],
    "two equal Host headers": [get("/b", `${host}${host}`), 400],
    "no Host": [get("/b", ""), 400],
    "an empty Host": [get("/b", "Host:\r\n"), 400],
    "a Host with a path": [get("/b", "Host: a/b\r\n"), 400],
    "a Host with a user": [get("/b", "Host: u@curt.example\r\n"), 400],
    "a Host with a space": [get("/b", "Host: a b\r\n"), 400],
    "two Host headers at the API": [get("/api/v1/links", `${host}Host: other.example\r\n${key}`), 400],
    CONNECT: [`CONNECT other.example:443 HTTP/1.1\r\n${host}\r\n`, 405],
    TRACE: [`TRACE /b HTTP/1.1\r\n${host}\r\n`, 405],
    "an asterisk": [`OPTIONS * HTTP/1.1\r\n${host}\r\n`, 400],
    "a length and chunks": [post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400],
    "two lengths": [post("Content-Length: 4\r\nContent-Length: 5\r\n", "abcde"), 400],
    "a length below 0": [post("Content-Length: -1\r\n", "a"), 400],
    "a length with a sign": [post("Content-Length: +1\r\n", "a"), 400],
    "a hexadecimal length": [post("Content-Length: 0x1\r\n", "a"), 400],
    "an endless length": [post("Content-Length: 99999999999999999999\r\n", "a"), 400],
    "an encoding that is not chunked": [post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400],
    "an encoding after chunked": [post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400],
    "two encodings": [post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400],
    "chunks in HTTP/1.0": [post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"), 400],
    "a chunk size that is none": [post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n0\r\n\r\n"), 400],
    "chunks with bare line feeds": [post("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n"), 400],
    "a folded header": [get("/b", `${host}X: a\r\n b\r\n`), 400],
    "a space before the colon": [get("/b", `${host}X : a\r\n`), 400],
    "a header without a colon": [get("/b", `${host}Xa\r\n`), 400],
    "NUL in a header": [get("/b", `${host}X: a\0b\r\n`), 400],
    "CR in a header": [get("/b", `${host}X: a\rb\r\n`), 400],
    "LF in a header": [get("/b", `${host}X: a\nY: b\r\n`), 400],
    "NUL in the address": [get("/b\0"), 505],
    "bare line feeds": ["GET /b HTTP/1.1\nHost: a\n\n", 505],
    "HTTP/2.0 without TLS": [get("/b").replace("HTTP/1.1", "HTTP/2.0"), 505],
    "TLS where none is": ["\x16\x03\x01\x02\x00\x01\x00\x00", 400],
    "an address over 9 KB": [get(`/${"u".repeat(9300)}`), 414],
    "an address over 9 KB at the API": [get(`/api/v1/links?search=${"u".repeat(9300)}`), 414],
    "an address over 16 KB": [get(`/${"u".repeat(17_000)}`), 431],
    "a header over 16 KB": [get("/b", `${host}X: ${"u".repeat(16_384)}\r\n`), 431],
    "2,000 headers": [get("/b", `${host}${"X: u\r\n".repeat(2000)}`), 431],
    "a body said to be over 1 MB": [post("Content-Length: 1048577\r\n", "a"), 413],
    "chunks over 1 MB": [
      post("Transfer-Encoding: chunked\r\n", `${`10000\r\n${" ".repeat(65_536)}\r\n`.repeat(17)}0\r\n\r\n`),
      413,
    ],
    "JSON nested 17 deep": [post("Content-Length: 34\r\n", "[".repeat(17) + "]".repeat(17)), 400],
  };
  for (const [name, [bytes, status]] of Object.entries(rows))
    test(`${name}: ${status}`, async () => {
      expect(await statuses(bytes)).toEqual([status]);
      expect(await statuses(get("/b"))).toEqual([302]);
    });

  test("a method nobody knows: the connection ends", async () => {
    const answer = await raw(port, [`FOO /b HTTP/1.1\r\n${host}\r\n`]);
    expect(answer.text).toBe("");
    expect(answer.closedAfter).toBeDefined();
  });
});

describe("answered", () => {
  test("two requests sent at once, in order", async () => {
    expect(await statuses(get("/b") + get("/nothing") + get("/b"))).toEqual([302, 404, 302]);
  });

  test("HTTP/1.0 without Host, as health checks send it", async () => {
    for (const [path, status] of [
      ["/healthz", 200],
      ["/b", 302],
      ["/x/../b", 302],
      ["/api/../b", 404],
      ["/api/v1/links", 400],
    ] as const)
      expect([path, await statuses(`GET ${path} HTTP/1.0\r\n\r\n`)]).toEqual([path, [status]]);
  });

  test("a body on a GET is passed over, and what is in it is no request", async () => {
    const inner = get("/nothing");
    expect(await statuses(get("/b", `${host}Content-Length: ${inner.length}\r\n`) + inner + get("/b"))).toEqual([
      302, 302,
    ]);
  });

  test("an address of 9 KB, and headers of 15 KB", async () => {
    expect(await statuses(get(`/${"u".repeat(9000)}`))).toEqual([404]);
    expect(await statuses(get("/b", `${host}X: ${"u".repeat(15_000)}\r\n`))).toEqual([302]);
  });

  test("the whole of an address in the request line is that address here", async () => {
    expect(await statuses(get("http://other.example/b"))).toEqual([302]);
    expect(await statuses(get("http://other.example/nothing"))).toEqual([404]);
  });
});

describe("a path is what was sent", () => {
  test("dots never reach a reserved path, or leave one", async () => {
    for (const path of [
      "/x/../api/v1/links",
      "/x/%2e%2e/api/v1/links",
      "/./api/v1/links",
      "/x\\..\\api\\v1\\links",
      "/%61pi/v1/links",
      "/api%2fv1/links",
      "/api/../b",
      "/api/%2e%2e/b",
      "/healthz/../b",
      "/x/../healthz",
    ])
      expect([path, await statuses(get(path, host + key))]).toEqual([path, [404]]);
    expect(await statuses(get("/api/v1/links", host + key))).toEqual([200]);
  });

  test("empty parts are no part of a slug", async () => {
    for (const path of ["//b", "/b/", "/a//b", "//a/b", "/b/.", "//other.example/b", "/b%2f", "/%2fb"])
      expect([path, await statuses(get(path))]).toEqual([path, [404]]);
    for (const path of ["/b", "/a/b", "/a%2fb", "/b?x", "/b#x", "/b?/api"])
      expect([path, await statuses(get(path))]).toEqual([path, [302]]);
  });

  test("bytes that are not UTF-8 are no slug", async () => {
    for (const path of ["/%ff", "/%c3", "/%zz", "/b%00", "/%0d%0aX:y"]) {
      const answer = await raw(port, [get(path)]);
      expect([path, answer.statuses, /^X:y/m.test(answer.text)]).toEqual([path, [404], false]);
    }
  });
});

describe("time (4 s for these tests, 30 s otherwise)", () => {
  const drip = (head: string, count: number): Sending[] => [head, ...Array(count).fill([250, "a"]).flat()];
  const limit = 8_500;

  test("ends a body that trickles, and what it was for is not done", async () => {
    const before = parts.store.linkMap.size;
    const [sized, chunked] = await Promise.all([
      raw(port, drip(post("Content-Length: 500\r\n"), 60)),
      raw(port, drip(post("Transfer-Encoding: chunked\r\n", "ff\r\n"), 60)),
    ]);
    expect(sized.closedAfter).toBeLessThan(limit);
    expect(chunked.closedAfter).toBeLessThan(limit);
    expect(parts.store.linkMap.size).toBe(before);
  }, 30_000);

  test("ends a body that nobody reads at once", async () => {
    const head = `POST /b HTTP/1.1\r\n${host}Content-Length: 500\r\n\r\n`;
    const answer = await raw(port, drip(head, 60));
    expect(answer.statuses).toEqual([405]);
    expect(answer.closedAfter).toBeLessThan(1000);
  }, 20_000);

  test("ends headers that trickle and connections that say nothing", async () => {
    const [headers, silent, idle] = await Promise.all([
      raw(port, drip(`GET /b HTTP/1.1\r\n${host}X: `, 80)),
      raw(port, [20_000], 0),
      raw(port, [get("/b"), 20_000], 0),
    ]);
    // Bun gives a connection 12 s for its first request, whatever its idle timeout.
    expect(headers.closedAfter).toBeLessThan(14_000);
    expect(silent.closedAfter).toBeLessThan(14_000);
    expect(idle.statuses).toEqual([302]);
    expect(idle.closedAfter).toBeLessThan(limit);
  }, 40_000);

  test("goes on for a batch whose lines arrive, and ends for one whose line trickles", async () => {
    const head = `POST /api/v1/links/batch HTTP/1.1\r\n${host}${key}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    const lines = Array.from({ length: 6 }, () => [chunk(`${json}\n`), 1500]).flat();
    const answer = await raw(port, [head, ...lines, "0\r\n\r\n"], 1000, 500);
    expect(answer.text.match(/"status":201/g)).toHaveLength(6);
    const slow = await raw(port, drip(`${head}fff\r\n`, 60));
    expect(slow.closedAfter).toBeLessThan(limit);
  }, 40_000);
});
