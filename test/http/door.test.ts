/** Both ways of answering, at the socket and through the runtime's HTTP server, say the same to the same bytes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { StoreUnavailable } from "../../src/core/store.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";
import { raw, type Sending } from "./raw.ts";

const quick = startParts({ requestSeconds: 4 });
const long = startParts({ requestSeconds: 4, onlyLongWay: true });
const links = { b: "https://example.com/b", "a/b": "https://example.com/?x=1#y", "T.-_9": "http://example.com/%20" };

beforeAll(async () => {
  for (const { ask, url } of [quick, long])
    for (const [slug, target] of Object.entries(links)) {
      await ask("POST", "/api/v1/links", { url: target, slug });
      // From now on memory has it.
      await fetch(`${url}/${slug}`, { redirect: "manual" });
    }
});
afterAll(async () => {
  await Promise.all([quick.server.drain(), long.server.drain()]);
});

/**
 * What came back until nothing came for `quiet` ms, each answer's headers in one order, without the time, which the
 * runtime's server leaves out of its answers to HEAD.
 */
async function answerOf(parts: typeof quick, sendings: readonly Sending[], quiet: number): Promise<string> {
  const { text } = await raw(parts.server.port, sendings, 1000 + 10 * quiet, quiet);
  return text
    .replace(/^Date: .*\r\n/gim, "")
    .replace(/^content-length/gim, "Content-Length")
    .replace(/(?<=^HTTP\/1\.1 .*\r\n)(?:\S+: .*\r\n)+/gm, (lines) => lines.split("\r\n").sort().join("\r\n"));
}

let redirects = 0;

async function expectAlike(sendings: readonly Sending[]): Promise<void> {
  // On a busy machine an answer may come late: then it is waited for longer.
  for (const quiet of [60, 300, 1500]) {
    const [one, other] = await Promise.all([answerOf(quick, sendings, quiet), answerOf(long, sendings, quiet)]);
    if (one !== other && quiet < 1500) continue;
    expect([sendings, one]).toEqual([sendings, other]);
    if (one.includes(" 302 ")) redirects++;
    return;
  }
}

const plain = (slug: string) => `GET /${slug} HTTP/1.1\r\nHost: curt.example\r\n\r\n`;

describe("both ways", () => {
  test("answer a plain request alike, header by header", async () => {
    for (const slug of Object.keys(links)) {
      await expectAlike([plain(slug)]);
      await expectAlike([plain(slug).replace("GET", "HEAD")]);
    }
  });

  test("answer alike for links whose answer is not always the same", async () => {
    const day = (ms: number) => new Date(Date.now() + ms).toISOString();
    const conditions = {
      open: { validFrom: day(-86_400_000), validUntil: day(86_400_000) },
      over: { validUntil: day(-1000) },
      early: { validFrom: day(86_400_000) },
      handed: { forwardQuery: true, redirectStatus: 307 },
      counted: { maxClicks: 100 },
      off: { disabled: true },
    };
    for (const [slug, more] of Object.entries(conditions)) {
      for (const { ask } of [quick, long])
        await ask("POST", "/api/v1/links", { url: "https://example.com/?a=1", slug, ...more });
      for (let i = 0; i < 2; i++) await expectAlike([plain(slug)]);
      await expectAlike([plain(slug).replace("GET", "HEAD")]);
      await expectAlike([plain(`${slug}?a=2&b=3`)]);
    }
  });

  test("answer alike to a slug that is known to be nobody's, in whatever form", async () => {
    const long = "n".repeat(201);
    for (const slug of ["nobody", "a/nobody.at_all-", long])
      for (const accept of [
        "*/*",
        "text/html, */*;q=0.1",
        "application/json",
        "text/html, application/json",
        " text/html ",
      ]) {
        const asked = plain(slug).replace("\r\n\r\n", `\r\nAccept: ${accept}\r\n\r\n`);
        // The first time memory does not know it.
        for (let i = 0; i < 2; i++) await expectAlike([asked]);
        await expectAlike([asked.replace("GET", "HEAD")]);
      }
    await expectAlike([plain("nobody").replace("\r\n\r\n", "\r\nAccept: text/html\r\nAccept: */*\r\n\r\n")]);
    // The runtime's server leaves the time out of its answers to HEAD, the door does not.
    const { text } = await raw(quick.server.port, [plain("nobody").replace("GET", "HEAD")], 2000, 300);
    expect(text).toMatch(/^HTTP\/1.1 404 Not Found\r\n[\s\S]*\nDate: /);
  });

  test("answer alike while nothing can be looked up, and the door asks once", async () => {
    const asked = [0, 0];
    const down = [false, true].map((onlyLongWay, at) => {
      const store = new MemoryStore();
      store.failure = new StoreUnavailable("Down.");
      store.before = (operation) => {
        if (operation === "find") asked[at] = (asked[at] ?? 0) + 1;
      };
      return startParts({ store, onlyLongWay });
    });
    try {
      const texts = async (sending: string) => {
        const answers = await Promise.all(down.map((parts) => answerOf(parts, [sending], 300)));
        return answers.map((text) => text.replace(/^X-Request-Id: .*\r\n/im, ""));
      };
      for (const accept of ["*/*", "text/html", "application/json"])
        for (const method of ["GET", "HEAD"]) {
          const sending = plain("cold").replace("GET", method).replace("\r\n\r\n", `\r\nAccept: ${accept}\r\n\r\n`);
          const [one, other] = await texts(sending);
          expect([sending, one]).toEqual([sending, other ?? ""]);
          expect(one).toStartWith("HTTP/1.1 503 Service Unavailable\r\n");
        }
      expect(asked).toEqual([6, 6]);
    } finally {
      await Promise.all(down.map(({ server }) => server.drain()));
    }
  }, 60_000);

  test("agree where one request ends and the next begins", async () => {
    const inner = plain("nothing");
    for (const field of [
      `Content-Length: ${inner.length}`,
      `content-length:${inner.length}`,
      `X: y\r\nCONTENT-LENGTH: ${inner.length}`,
      "Transfer-Encoding: chunked",
      "transfer-encoding: identity",
      "Connection: close",
      "Upgrade: websocket\r\nConnection: Upgrade",
      "Expect: 100-continue",
    ]) {
      const head = `GET /b HTTP/1.1\r\nHost: curt.example\r\n${field}\r\n\r\n`;
      // What follows is a body to one who read the header, and a request to one who did not.
      await expectAlike([head, 60, inner, 60, plain("b")]);
      await expectAlike([head + inner + plain("b")]);
    }
  }, 60_000);

  test("answer mangled requests alike, however they are cut", async () => {
    const line = fc.oneof(
      {
        weight: 40,
        arbitrary: fc.constantFrom("Accept: */*", "Connection: keep-alive", "User-Agent: a b/1 (c)", "DNT: 1"),
      },
      fc.constantFrom(
        "Host: curt.example",
        "Connection: close",
        "Content-Length: 0",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        "X : y",
        "X: a\tb ",
        " folded",
        "X",
        ":",
        "X: \xe9",
        "X: \0",
        "",
      ),
    );
    const request = fc
      .record({
        method: fc.constantFrom(
          "GET",
          "GET",
          "GET",
          "GET",
          "GET",
          "GET",
          "GET",
          "HEAD",
          "HEAD",
          "POST",
          "OPTIONS",
          "get",
          "GET ",
          "TRACE",
        ),
        path: fc.constantFrom(
          "/b",
          "/b",
          "/a/b",
          "/T.-_9",
          "/b?x=1",
          "/%62",
          "/a/../b",
          "//b",
          "/b/",
          "/nothing",
          "b",
          "/b#x",
        ),
        version: fc.constantFrom(...Array(12).fill("HTTP/1.1"), "HTTP/1.0", "HTTP/2.0", "http/1.1"),
        lines: fc.array(line, { maxLength: 5 }),
        end: fc.constantFrom(...Array(12).fill("\r\n"), "\n"),
      })
      .map(({ method, path, version, lines, end }) =>
        [`${method} ${path} ${version}`, "Host: curt.example", ...lines, "", ""].join(end),
      );
    const sendings = fc
      .tuple(fc.array(request, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(300), { maxLength: 2 }))
      .map(([requests, cuts]) => {
        const text = requests.join("");
        const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        return places.slice(1).flatMap((place, i): Sending[] => {
          const part = Buffer.from(text.slice(places[i], place), "latin1");
          return i === 0 ? [part] : [20, part];
        });
      });
    redirects = 0;
    await fc.assert(fc.asyncProperty(sendings, expectAlike), { numRuns: 100, endOnFailure: true });
    // They are not mangled so badly that nothing is answered.
    expect(redirects).toBeGreaterThan(15);
  }, 120_000);
});

describe("a connection", () => {
  test("goes on after every kind of request, one after another", async () => {
    const paths = ["b", "nothing", "healthz", "b", "%62", "b", "api/v1/links"];
    const answer = await raw(
      quick.server.port,
      paths.flatMap((path): Sending[] => [plain(path), 60]),
    );
    expect(answer.statuses).toEqual([302, 404, 200, 302, 302, 302, 401]);
    expect(answer.closedAfter).toBeUndefined();
  });

  test("that says it ends is ended", async () => {
    const answer = await raw(
      quick.server.port,
      [plain("b").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
      5000,
      2000,
    );
    expect(answer.statuses).toEqual([302]);
    expect(answer.closedAfter).toBeDefined();
  });

  test("that sends a request in two halves gets its answer", async () => {
    const text = plain("b");
    for (const cut of [1, 5, 20, text.length - 3, text.length - 1])
      expect((await raw(quick.server.port, [text.slice(0, cut), 30, text.slice(cut)])).statuses).toEqual([302]);
  });

  test("that never reads is ended, and others are answered", async () => {
    const port = quick.server.port;
    let closed = false;
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (it) => it.pause(),
        data: () => {},
        close: () => {
          closed = true;
        },
        error: () => {},
      },
    });
    const request = plain("b");
    for (let i = 0; i < 60_000 && !closed; i++) {
      socket.write(request);
      if (i % 50 === 0) await Bun.sleep(0);
    }
    socket.terminate();
    expect((await raw(port, [plain("b")])).statuses).toEqual([302]);
  }, 60_000);
});
