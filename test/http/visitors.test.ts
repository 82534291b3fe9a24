/** What visitors see beside a redirect: previews, QR codes, the page of `/` and its form; and how it is sent. */

import { afterAll, describe, expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import jsQR from "jsqr";
import { fontLinks } from "../../src/http/page-style.ts";
import { hostile } from "../fuzz/schema.ts";
import { MemoryStore } from "./memory-store.ts";
import { startParts } from "./parts.ts";

const parts = startParts();
const open = startParts({ publicCreate: true });
afterAll(() => Promise.all([parts.server.drain(), open.server.drain()]));

const html = { authorization: "", accept: "text/html,*/*" };
const see = (path: string, on = parts) => on.ask("GET", path, undefined, html);
const make = (slug: string, url: string, more = {}) => parts.links.create({ slug, url, ...more });

describe("GET /SLUG+", () => {
  test("shows where a link goes, without script, in under 8 KB, and counts as a page only", async () => {
    await make("q3/report", "https://drive.acme.dev/a?b=%22%3Cscript%3E&c");
    for (const path of ["/q3/report+", "/q3%2Freport+", "/q3/report%2B"]) {
      const { status, text, headers } = await see(path);
      expect(status).toBe(200);
      expect(text).toContain('<h1 class="host"><bdi>drive.acme.dev</bdi></h1>');
      expect(text).toContain("https://drive.acme.dev/a?b=%22%3Cscript%3E&amp;c");
      expect(text).toContain('href="/q3/report"');
      // One script, in a file of our own; without it nothing is missing but the Copy button.
      expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/.well-known/curt/copy.js">']);
      expect(text).toContain('hidden data-copy="https://drive.acme.dev/a?b=%22%3Cscript%3E&amp;c"');
      expect(text).not.toMatch(/style=|onclick|javascript:/);
      expect(Buffer.byteLength(text)).toBeLessThan(8192);
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; font-src 'self';/,
      );
      expect(headers.get("content-security-policy")).toEndWith("; script-src 'self'");
      expect(headers.get("x-robots-tag")).toBe("noindex");
    }
    const script = await see("/.well-known/curt/copy.js");
    expect([script.status, script.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect((await see("/nothing")).headers.get("content-security-policy")).not.toContain("script-src");
    const head = await parts.ask("HEAD", "/q3/report+", undefined, html);
    expect([head.status, head.text]).toEqual([200, ""]);
    expect((await parts.ask("POST", "/q3/report+", undefined, html)).status).toBe(405);
  });

  test("is answered as the link itself would be where it is not there", async () => {
    await make("over", "https://example.com/", { disabled: true });
    await make("soon", "https://example.com/", { validFrom: Date.now() + 1e9 });
    expect((await see("/nothing+")).status).toBe(404);
    expect((await see("/over+")).status).toBe(410);
    expect((await see("/soon+")).status).toBe(404);
    expect((await see("/+")).status).toBe(404);
    const store = new MemoryStore();
    const down = startParts({ store });
    await store.close();
    expect((await see("/x+", down)).status).toBe(503);
    expect((await see("/x+qr", down)).status).toBe(503);
    await down.server.drain();
  });

  const names: [url: string, host: string, warned: boolean][] = [
    ["https://example.com/", "example.com", false],
    ["https://example.com:8443/", "example.com:8443", false],
    ["https://münchen.example/", "münchen.example", false],
    ["https://дом.example/", "дом.example", false],
    ["https://日本語カタカナ.example/", "日本語カタカナ.example", false],
    ["https://xn--le-6kc8da.com/signin", "арр" + "le.com", true],
    ["https://xn--80ak6aa92e.com/", "аррӏе.com", true],
    ["https://gοοgle.example/", "gοοgle.example", true],
  ];
  test.each(names)("%s is read as %s", async (url, host, warned) => {
    const slug = `n${Bun.hash(url).toString(36)}`;
    await make(slug, url);
    const { text } = await see(`/${slug}+`);
    expect(text).toContain(`<bdi>${host}</bdi></h1>`);
    expect(text.includes('class="danger"')).toBe(warned);
    expect(text.includes("Go there anyway")).toBe(warned);
    // One yellow button, and none where the name could deceive.
    expect(text.includes('class="button main"')).toBe(!warned);
    if (host !== new URL(url).host) expect(text).toContain(`https://${new URL(url).hostname}`);
  });

  test("decodes letters of a path, and nothing that could steer a reader", async () => {
    await make("path", "https://example.com/%D7%A9%D7%9C%D7%95%D7%9D/%E2%80%AEgpj.exe?q=%26%3D%C3%A4");
    expect((await see("/path+")).text).toContain("https://example.com/שלום/%E2%80%AEgpj.exe?q=%26%3Dä");
  });
});

/** The pixels of a PNG of two colours as our server makes it, for a decoder. */
function pixelsOf(png: Uint8Array): { data: Uint8ClampedArray; side: number; clear: boolean } {
  const bytes = Buffer.from(png);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.set(bytes.toString("latin1", at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const side = chunks.get("IHDR")?.readUInt32BE(0) ?? 0;
  const colours = chunks.get("PLTE") ?? Buffer.alloc(6);
  const rows = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  const stride = 1 + Math.ceil(side / 8);
  const pixels = new Uint32Array(side * side);
  const palette = [0, 1].map((bit) => (0xff000000 | colours.readUIntLE(bit * 3, 3)) >>> 0);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      pixels[y * side + x] = palette[((rows[y * stride + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1] ?? 0;
  return { data: new Uint8ClampedArray(pixels.buffer), side, clear: chunks.has("tRNS") };
}

describe("GET /SLUG+qr", () => {
  const png = async (query: string, slug = "scan") => {
    const answer = await fetch(`${parts.url}/${slug}+qr?format=png${query}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
    return pixelsOf(await answer.bytes());
  };

  test("is read back by a decoder, whatever its size, margin, level and colours", async () => {
    await make("scan", "https://example.com/");
    await make("sch/ä".normalize("NFC"), "https://example.com/");
    for (const query of [
      "&size=256",
      "&size=200",
      "&size=301&margin=2",
      "&level=H&size=333",
      "&dark=5a3c00&light=ffedA3",
    ]) {
      const { data, side } = await png(query);
      expect(side).toBe(Number(/size=(\d+)/.exec(query)?.[1] ?? 512));
      expect(jsQR(data, side, side)?.data).toBe("https://curt.example/scan");
    }
    const { data, side } = await png("&size=200", encodeURIComponent("sch/ä"));
    expect(jsQR(data, side, side)?.data).toBe("https://curt.example/sch/%C3%A4");
    expect((await png("&light=transparent")).clear).toBe(true);
  });

  test("as SVG draws the same squares, and runs nothing", async () => {
    const { text, headers } = await see("/scan+qr?size=300&dark=17160f");
    expect(headers.get("content-type")).toStartWith("image/svg+xml");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
    const side = Number(/viewBox="0 0 (\d+)/.exec(text)?.[1]);
    const scale = 8;
    const data = new Uint8ClampedArray((side * scale) ** 2 * 4).fill(255);
    for (const [, x, y, length] of (text.split('fill="#17160f"')[1] ?? "").matchAll(/M(\d+) (\d+)h(\d+)v1/g))
      for (let py = Number(y) * scale; py < (Number(y) + 1) * scale; py++)
        for (let px = Number(x) * scale; px < (Number(x) + Number(length)) * scale; px++)
          data.set([0, 0, 0, 255], (py * side * scale + px) * 4);
    expect(jsQR(data, side * scale, side * scale)?.data).toBe("https://curt.example/scan");
  });

  test("names a bad option, and is there for a link that is not valid now", async () => {
    for (const [query, path] of [
      ["size=63", "size"],
      ["size=2049", "size"],
      ["size=1e3", "size"],
      ["format=gif", "format"],
      ["margin=17", "margin"],
      ["level=Z", "level"],
      ["dark=red", "dark"],
      ["light=%22%3E%3Cscript%3E", "light"],
      ["logo=x", "logo"],
    ])
      expect((await see(`/scan+qr?${query}`)).body.errors[0].path).toBe(path);
    expect((await see("/soon+qr")).status).toBe(200);
    expect((await see("/nothing+qr")).status).toBe(404);
  });
});

describe("GET /", () => {
  test("has a field only where anyone may create, and its form works without script", async () => {
    expect((await see("/")).text).not.toContain("<form");
    expect((await parts.ask("POST", "/", "url=x", html)).status).toBe(405);
    expect((await see("/", open)).text).toContain('<form method="post" action="/">');
    const form = { ...html, "content-type": "application/x-www-form-urlencoded" };
    const made = await open.ask("POST", "/", "url=+https%3A%2F%2Fexample.com%2F%3Fa%26b", form);
    expect(made.status).toBe(303);
    const page = await see(made.headers.get("location") ?? "", open);
    expect(page.text).toContain("https://example.com/?a&amp;b");
    const bad = await open.ask("POST", "/", `url=${encodeURIComponent('"><script>alert(1)</script>')}`, form);
    expect(bad.status).toBe(400);
    expect(bad.text).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(bad.text).toContain('role="alert"');
    for (let i = 0; i < 12; i++) await open.ask("POST", "/", "url=https://example.com/", form);
    const fast = await open.ask("POST", "/", "url=https://example.com/", form);
    expect([fast.status, /Too fast\. \d+ s\./.test(fast.text)]).toEqual([429, true]);
    expect(Number(fast.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

test("fonts come from our own origin, and nothing else is beside them", async () => {
  for (const name of ["host-grotesk", "sometype-mono"]) {
    const { status, headers } = await see(`/.well-known/curt/${name}.woff2`);
    expect([status, headers.get("content-type")]).toEqual([200, "font/woff2"]);
    expect((await see("/nothing")).text).toContain(`/.well-known/curt/${name}.woff2`);
  }
  for (const path of ["constructor", "..%2F..%2Fpackage", "x"])
    expect((await see(`/.well-known/curt/${path}.woff2`)).status).toBe(404);
});

test("whatever is asked for or kept stands on the pages as text", async () => {
  const elements = /<(\/?)(\w+)/g;
  const allowed = new Set(
    "html head meta title style body header main footer h1 p b i mark bdi span small a div svg path form input button".split(
      " ",
    ),
  );
  const texts = [...hostile, ...hostile.map((text) => `</style>${text}`), "'-alert(1)-'", "<!--", "]]>", "&lt;b&gt;"];
  let pages = 0;
  for (const [i, text] of texts.entries()) {
    const sent = encodeURIComponent(text.toWellFormed());
    const url = `https://example.com/?q=${sent}#${text.replace(/[^\x21-\x7e]/g, "")}`;
    const made = await parts.links.create({ slug: `h${i}`, url, title: text, note: text }).catch(() => undefined);
    const asked = [
      `/${sent}`,
      `/${sent}+`,
      `/${sent}/x`,
      `/redirect?key=${sent}`,
      ...(made === undefined ? [] : [`/h${i}+`]),
    ];
    for (const path of asked) {
      const answer = await see(path);
      if (!answer.headers.get("content-type")?.startsWith("text/html")) continue;
      pages++;
      const bare = answer.text
        .replace(fontLinks, "")
        .replace('<script type="module" src="/.well-known/curt/copy.js"></script>', "");
      const found = [...bare.matchAll(elements)].map((match) => match[2] ?? "");
      expect([path, found.filter((name) => !allowed.has(name))]).toEqual([path, []]);
      expect(answer.text).not.toMatch(/<\w[^>]*\son\w+=|href="(?!\/|")|<style>[\s\S]*<style/);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
  }
  expect(pages).toBeGreaterThan(200);
});
