/** `POST /api/v1/links/batch`: lines in, results out, in order, however many, in bounded memory. */
import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { StoreUnavailable } from "../../src/core/store.ts";
import { adminKey, startParts } from "./parts.ts";

const parts = startParts({ requestSeconds: 4 });
afterAll(() => parts.server.drain());

const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/x-ndjson" };
interface Result {
  line: number;
  status: number;
  link?: { slug: string; url: string; createdAt: string };
  error?: { code: string; errors?: { path: string }[] };
}
const batch = async (body: string | Uint8Array<ArrayBuffer>, more: Record<string, string> = {}) => {
  const answer = await fetch(`${parts.url}/api/v1/links/batch`, {
    method: "POST",
    headers: { ...headers, ...more },
    body,
  });
  const text = await answer.text();
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Result]));
};
const short = (results: Result[]) =>
  results.map((one) => `${one.line} ${one.status} ${one.error?.code ?? one.link?.slug}`);

describe("a batch", () => {
  test("has a result for each line, in order; a bad line does not hold up the rest", async () => {
    const results = await batch(
      [
        '{"url":"https://example.com/1","slug":"one"}',
        "",
        '{"url":"javascript:alert(1)"}',
        "not json",
        '{"url":"https://example.com/1","slug":"one"}',
        '{"url":"https://example.com/1","slug":"api"}',
        '  {"url":"https://example.com/7","slug":"seven"}\r',
        '{"url":"https://example.com/8","slug":"eight","extra":1}',
        `{"url":"https://example.com/9","note":"${"n".repeat(70_000)}"}`,
        "[".repeat(1000),
        '{"url":"https://example.com/11","slug":"eleven"}',
      ].join("\n"),
    );
    expect(short(results)).toEqual([
      "1 201 one",
      "3 400 invalid_input",
      "4 400 invalid_input",
      "5 409 slug_taken",
      "6 400 slug_reserved",
      "7 201 seven",
      "8 400 invalid_input",
      "9 413 body_too_large",
      "10 400 invalid_input",
      "11 201 eleven",
    ]);
    expect(results[1]?.error?.errors?.[0]?.path).toBe("url");
  });

  test("takes age and token with an admin key, and not with another", async () => {
    const line =
      '{"url":"https://example.com/old","slug":"old","createdAt":"2019-05-04T03:02:01+02:00","token":"0123456789abcdef"}';
    const writer = await parts.keys.create({ name: null, scopes: ["links:write"], expiresAt: null });
    const refused = await batch(line, { authorization: `Bearer ${writer.key}` });
    expect(refused[0]?.error?.errors?.map((one) => one.path)).toEqual(["createdAt", "token"]);
    const first = await batch(line);
    expect(first[0]?.link?.createdAt).toBe("2019-05-04T01:02:01.000Z");
    // The same import again finds its own link; another one does not get it.
    expect(short(await batch(line))).toEqual(["1 201 old"]);
    expect(short(await batch(line.replace("0123", "other")))).toEqual(["1 409 slug_taken"]);
  });

  test("says on each line when the store cannot be asked, and goes on", async () => {
    let groups = 0;
    parts.store.before = (operation) => {
      if (operation === "insertMany" && groups++ === 0) throw new StoreUnavailable("once");
    };
    const results = await batch(`${'{"url":"https://example.com/down"}\n'.repeat(1000)}`);
    parts.store.before = () => {};
    const failed = results.filter((one) => one.status === 503);
    expect(failed.length).toBeGreaterThan(0);
    expect(results.filter((one) => one.status === 201).length).toBe(1000 - failed.length);
  });

  test("of nothing is nothing", async () => {
    expect(await batch("")).toEqual([]);
    expect(await batch("\n\n \n")).toEqual([]);
    expect(short(await batch(new Uint8Array([0xff, 0xfe, 0x0a])))).toEqual(["1 400 invalid_input"]);
  });

  test("needs its media type and its scope", async () => {
    const ask = (more: Record<string, string>) =>
      parts.ask("POST", "/api/v1/links/batch", '{"url":"https://example.com/"}', more);
    expect((await ask({ "content-type": "application/json" })).body.code).toBe("unsupported_media_type");
    expect((await ask({ authorization: "" })).body.code).toBe("unauthorized");
    const reader = await parts.keys.create({ name: null, scopes: ["links:read"], expiresAt: null });
    expect((await ask({ authorization: `Bearer ${reader.key}` })).body.code).toBe("forbidden");
  });
});

/** Sends lines as long as the server takes them, for `ms`; how many bytes went, and when the connection ended. */
async function flood(ms: number, reads: boolean) {
  const socket = connect(parts.server.port, "127.0.0.1");
  const line = '{"url":"javascript:nothing-is-made"}\n'.repeat(1000);
  const chunk = `${line.length.toString(16)}\r\n${line}\r\n`;
  let received = 0;
  let ended: number | undefined;
  const begun = performance.now();
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = performance.now() - begun;
  });
  if (reads) socket.on("data", (data) => (received += data.length));
  else socket.pause();
  socket.write(
    `POST /api/v1/links/batch HTTP/1.1\r\nHost: curt.example\r\nAuthorization: ${headers.authorization}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  let sent = 0;
  let most = 0;
  while (performance.now() - begun < ms && ended === undefined) {
    most = Math.max(most, process.memoryUsage.rss());
    if (socket.writableLength > 1_000_000) await Bun.sleep(5);
    else {
      socket.write(chunk);
      sent += line.length;
      await Bun.sleep(0);
    }
  }
  const taken = sent - socket.writableLength;
  // Whoever does not read does not see the end either.
  if (!reads) {
    socket.resume();
    await Bun.sleep(1000);
  }
  socket.destroy();
  return { taken, received, ended, most };
}

describe("the memory of a batch is bounded", () => {
  test("while results are read", async () => {
    const before = process.memoryUsage.rss();
    const { taken, received, most } = await flood(4000, true);
    console.log(`${taken >> 20} MB in, ${received >> 20} MB out, ${(most - before) >> 20} MB more memory`);
    expect(received).toBeGreaterThan(1_000_000);
    expect(most - before).toBeLessThan(150_000_000);
  }, 20_000);

  test("while nobody reads them: the server stops taking lines, and ends the connection", async () => {
    const before = process.memoryUsage.rss();
    const { taken, ended, most } = await flood(9000, false);
    console.log(`${taken >> 20} MB in, closed: ${ended !== undefined}, ${(most - before) >> 20} MB more memory`);
    expect(taken).toBeLessThan(40_000_000);
    expect(ended).toBeDefined();
    expect(most - before).toBeLessThan(100_000_000);
  }, 20_000);
});
