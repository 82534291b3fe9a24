import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { ClickRecorder } from "../../src/core/click.ts";
import type { LinkArena } from "../../src/core/link-arena.ts";
import { type Parts, startParts } from "./parts.ts";
import { raw } from "./raw.ts";

/** Of these links the only one that is at hand. */
const slugIn = (links: LinkArena, place: number) =>
  links.atHand(Buffer.from("plain"), 0, 5) === place ? "plain" : "?";

/** Plain requests are answered at the door, or, as all others, behind it. */
describe.each([false, true])("only the long way: %p", (onlyLongWay) => {
  let parts: Parts;
  let atHand = 0;
  let recorded: (readonly (string | undefined)[])[] = [];

  const recorder: ClickRecorder = {
    record: (link, { agent, referrer, language }, address, query) =>
      recorded.push([link?.link.slug, agent, referrer, language, address, query]),
    recordUnseen: (link) => recorded.push([link?.link.slug]),
    recordAt: (links, place, origin, address) => {
      const link = { link: links.at(place, { host: "", slug: slugIn(links, place) }), mark: 0 };
      if (origin === undefined) recorder.recordUnseen(link);
      else recorder.record(link, origin, address, "");
      atHand++;
    },
  };

  beforeAll(async () => {
    parts = await startParts({ onlyLongWay, clicks: recorder, trustedProxies: ["127.0.0.1", "10.0.0.1"] });
    const make = (body: object) => parts.ask("POST", "/api/v1/links", body);
    await make({ url: "https://example.com/", slug: "plain" });
    await make({ url: "https://example.com/", slug: "over", validUntil: "2020-01-01T00:00:00Z" });
    await make({ url: "https://example.com/", slug: "later", validFrom: "2999-01-01T00:00:00Z" });
    await make({ url: "https://example.com/", slug: "query", forwardQuery: true });
  });
  afterAll(() => parts.server.drain());
  beforeEach(() => {
    recorded = [];
  });

  const visit = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    parts.ask(method, path, undefined, { "user-agent": "Agent/1", authorization: "", "content-type": "", ...headers });

  describe("what is counted", () => {
    test("every GET that is answered with a redirect, from memory or not", async () => {
      for (let i = 0; i < 3; i++) expect((await visit("/plain")).status).toBe(302);
      await visit("/query?utm_source=a&b=c");
      await visit("/plain?x=1");
      await visit("/redirect?key=plain&utm_medium=m");
      expect(recorded.map(([slug]) => slug)).toEqual(["plain", "plain", "plain", "query", "plain", "plain"]);
      expect(recorded.map((parts) => parts[5])).toEqual(["", "", "", "utm_source=a&b=c", "x=1", "utm_medium=m"]);
    });

    test("a request on a connection of its own is answered at the door, and counted there", async () => {
      const { text } = await raw(parts.server.port, ["GET /plain HTTP/1.1\r\nHost: a\r\nDNT: 0\r\n\r\n"], 2000, 200);
      expect(text).toStartWith("HTTP/1.1 302 ");
      expect(recorded).toEqual([["plain", "", "", "", "127.0.0.1", ""]]);
      await raw(parts.server.port, ["GET /plain HTTP/1.1\r\nHost: a\r\nDNT: 1\r\n\r\n"], 2000, 200);
      await raw(parts.server.port, ["HEAD /plain HTTP/1.1\r\nHost: a\r\n\r\n"], 2000, 200);
      expect(recorded.slice(1)).toEqual([["plain"]]);
      expect(atHand).toBe(onlyLongWay ? 0 : 2);
    });

    test("unknown slugs apart; HEAD, what is over, pages and programs nowhere", async () => {
      await visit("/nobody");
      await visit("/later");
      await visit("/redirect?key=nobody");
      await visit("/%ff");
      expect(recorded.map(([slug]) => slug)).toEqual([undefined, undefined, undefined, undefined]);
      recorded = [];
      for (const path of ["/plain", "/nobody"]) await visit(path, {}, "HEAD");
      for (const path of ["/over", "/", "/healthz", "/robots.txt", "/redirect?key=", "/api/v1/nothing"])
        await visit(path);
      await visit("/plain", {}, "POST");
      expect(recorded).toEqual([]);
    });

    test("what the visitor sent, and the address that trusted proxies saw", async () => {
      const headers = { referer: "https://example.org/a", "accept-language": "de-AT,de;q=0.5" };
      await visit("/plain", headers);
      await visit("/plain", { ...headers, "x-forwarded-for": "1.1.1.1, 192.0.2.7, 10.0.0.1" });
      await visit("/plain", { "x-forwarded-for": "2001:db8::7" });
      await visit("/plain", { "x-forwarded-for": "<b>" });
      const common = ["plain", "Agent/1", "https://example.org/a", "de-AT,de;q=0.5"];
      expect(recorded.map((one) => one[4])).toEqual(["127.0.0.1", "192.0.2.7", "2001:db8::7", "127.0.0.1"]);
      expect(recorded[0]?.slice(0, 4)).toEqual(common);
    });

    test("of who asks not to be watched only that there was a click", async () => {
      await visit("/plain", { dnt: "1" });
      await visit("/plain", { "sec-gpc": "1" });
      await visit("/plain", { dnt: "0" });
      expect(recorded.map((parts) => parts.length)).toEqual([1, 1, 6]);
    });
  });
});
