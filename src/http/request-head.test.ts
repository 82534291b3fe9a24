import { describe, expect, test } from "bun:test";
import type { Bytes } from "./head-fields.ts";
import { RequestHead } from "./request-head.ts";

const bytesOf = (text: string) => Buffer.from(text, "latin1") as Buffer & Bytes;
const head = new RequestHead();
const reads = (text: string) => head.readLine(bytesOf(text)) && head.readFields(bytesOf(text));
const get = (path: string, fields = "Host: a.example\r\n") => `GET ${path} HTTP/1.1\r\n${fields}\r\n`;

describe("a plain request", () => {
  test("is read with what click accounting wants of it", () => {
    const fields = [
      "hOST: a.example:80",
      "User-Agent:  Some Browser/1.0 \t",
      "Referer: https://b.example/x?y=1",
      "Accept-Language: de,en;q=0.5",
      "X-Forwarded-For: 1.2.3.4, 5.6.7.8",
      "Connection: Keep-Alive",
      "Accept: */*",
      "X-Empty:",
    ];
    expect(reads(get("/a-B_9.x/y", `${fields.join("\r\n")}\r\n`))).toBe(true);
    expect([head.isHead, head.slug]).toEqual([false, "a-B_9.x/y"]);
    expect({ ...head.fields }).toMatchObject({
      accept: "*/*",
      host: "a.example:80",
      agent: "Some Browser/1.0",
      referrer: "https://b.example/x?y=1",
      language: "de,en;q=0.5",
      forwarded: "1.2.3.4, 5.6.7.8",
      unseen: false,
    });
  });

  test("forgets the one before", () => {
    expect(reads(get("/a", "Host: a\r\nUser-Agent: x\r\nDNT: 1\r\n"))).toBe(true);
    expect([head.fields.agent, head.fields.unseen]).toEqual(["x", true]);
    expect(reads(get("/b").replace("GET", "HEAD"))).toBe(true);
    expect([head.isHead, head.slug]).toEqual([true, "b"]);
    expect({ ...head.fields }).toMatchObject({ agent: "", unseen: false });
  });

  test("may go to an address that is no slug of ASCII, which is not looked into", () => {
    for (const path of ["/", "/a?b", "/a%20b", "/a#b", "/a+", "/~a"]) {
      expect([path, reads(get(path))]).toEqual([path, true]);
      expect(head.slug).toBe("");
    }
  });

  test("asks not to be watched in two ways", () => {
    for (const [field, unseen] of [
      ["DNT: 1", true],
      ["Sec-GPC: 1", true],
      ["DNT: 0", false],
      ["Sec-GPC: 11", false],
    ] as const) {
      expect(reads(get("/a", `Host: a\r\n${field}\r\n`))).toBe(true);
      expect([field, head.fields.unseen]).toEqual([field, unseen]);
    }
  });
});

describe("left to the runtime's server", () => {
  const host = "Host: a.example\r\n";
  const rows: Record<string, string> = {
    "another method": get("/a").replace("GET", "POST"),
    "a method in small letters": get("/a").replace("GET", "get"),
    "another version": get("/a").replace("HTTP/1.1", "HTTP/1.0"),
    "no path": get("a"),
    "two spaces": get("/a").replace(" HTTP", "  HTTP"),
    "a byte that is not ASCII in the path": get("/\xe9"),
    "a NUL in the path": get("/a\0"),
    "no Host": get("/a", "X: y\r\nZ: aaaaaaaaaaaaaaa\r\n"),
    "an empty Host": get("/a", "Host:\r\nZ: aaaaaaaaaaaaa\r\n"),
    "two Hosts": get("/a", host + host),
    "a length": get("/a", `${host}Content-Length: 0\r\n`),
    "an encoding": get("/a", `${host}transfer-ENCODING: chunked\r\n`),
    "a wish to be asked on": get("/a", `${host}Expect: 100-continue\r\n`),
    "an upgrade": get("/a", `${host}Upgrade: h2c\r\n`),
    "a connection that ends": get("/a", `${host}Connection: close\r\n`),
    "a connection header with more in it": get("/a", `${host}Connection: keep-alive, X\r\n`),
    "two agents": get("/a", `${host}User-Agent: a\r\nUser-Agent: b\r\n`),
    "a space before the colon": get("/a", `${host}X : y\r\n`),
    "a line without a colon": get("/a", `${host}Xyz\r\n`),
    "an empty name": get("/a", `${host}: y\r\n`),
    "a folded line": get("/a", `${host}X: y\r\n z\r\n`),
    "a bare line feed": get("/a", `${host}X: y\nZ: z\r\n`),
    "a bare carriage return": get("/a", `${host}X: y\rz\r\n`),
    "a NUL in a value": get("/a", `${host}X: \0\r\n`),
    "a byte that is not ASCII in a value": get("/a", `${host}X: \xe9\r\n`),
    "half a request": get("/a").slice(0, -2),
    "a request and a half": `${get("/a")}GET /b HTTP/1.1\r\n`,
    "two requests": get("/a") + get("/b"),
    "a request with something after it that ends as one does": `${get("/a")}x\r\n\r\n`,
    "a long one": get("/a", `${host}X: ${"y".repeat(5000)}\r\n`),
    nothing: "",
    "ends of lines": "\r\n".repeat(30),
  };
  for (const [name, text] of Object.entries(rows)) test(name, () => expect(reads(text)).toBe(false));
});
