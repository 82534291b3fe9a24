/** `POST /api/v1/links/{slug}/qr`: codes with a logo are read back by a decoder, and a logo that is none is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { curtClient } from "curt/client";
import jsQR from "jsqr";
import { type Kind, type Picture, pictureFile, pngOf, readPng } from "../../src/http/png.ts";
import { adminKey, startParts } from "./parts.ts";

const parts = startParts();
afterAll(() => parts.server.drain());
const client = curtClient({ server: parts.url, key: adminKey });
const slug = "a-rather-long-name/of-a-link-2031";
beforeAll(() => client.links.create({ url: "https://example.com/", slug }));

/** A busy picture: dark, coloured, half of it see-through. */
function noise(width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 2654435761) >>> 24;
  return { width, height, pixels };
}
const base64 = async (picture: Picture) => Buffer.from(await pictureFile(picture)).toString("base64");
const read = async (blob: Blob) => readPng(await blob.bytes(), 2048);
const scanned = ({ pixels, width, height }: Picture) => jsQR(new Uint8ClampedArray(pixels), width, height)?.data;
const target = `https://curt.example/${slug}`;

describe("a code with a logo", () => {
  test("is scanned at every size, level and colour, whatever the logo's shape", async () => {
    const shapes = [noise(128, 128), noise(300, 40), noise(1, 512), noise(512, 512)];
    for (const [i, logo] of (await Promise.all(shapes.map(base64))).entries())
      for (const options of [
        { size: 512 },
        { size: 300, level: "Q" },
        { margin: 1, dark: "5a3c00", light: "#ffedA3" },
      ] as const) {
        const picture = await read(await client.links.qr(slug, { format: "png", logo, ...options }));
        expect([i, options, scanned(picture)]).toEqual([i, options, target]);
      }
    const plain = await read(
      await client.links.qr(slug, { format: "png", logo: await base64(noise(64, 64)), light: "transparent" }),
    );
    expect(plain.pixels[3]).toBe(0);
  });

  test("has the logo in its middle, as it was", async () => {
    const red: Picture = {
      width: 2,
      height: 2,
      pixels: new Uint8Array(Array.from({ length: 4 }, () => [255, 0, 0, 255]).flat()),
    };
    const { pixels, width } = await read(
      await client.links.qr(slug, { format: "png", size: 600, logo: await base64(red) }),
    );
    const middle = (300 * width + 300) * 4;
    expect([...pixels.subarray(middle, middle + 4)]).toEqual([255, 0, 0, 255]);
  });

  test("as SVG carries the pixels and nothing else of the file", async () => {
    const file = await pictureFile(noise(16, 16));
    const end = file.length - 12;
    const secret = Buffer.from("\0\0\0\x0dtEXtsecret\0<svg/>AAAA", "latin1");
    const logo = Buffer.concat([file.subarray(0, end), secret, file.subarray(end)]).toString("base64");
    const text = await (await client.links.qr(slug, { logo })).text();
    const [, inside = ""] = /href="data:image\/png;base64,([^"]+)"/.exec(text) ?? [];
    expect(Buffer.from(inside, "base64").includes("secret")).toBe(false);
    expect(await readPng(Buffer.from(inside, "base64"), 512)).toEqual({ ...noise(16, 16), pixels: expect.anything() });
    expect(text).not.toMatch(/<script|onload|foreignObject/);
  });
});

describe("a logo that is none is refused by name", () => {
  const refusal = async (body: unknown) => {
    const { status, body: said } = await parts.ask("POST", `/api/v1/links/${encodeURIComponent(slug)}/qr`, body);
    return [status, said.errors?.[0]?.path, said.errors?.[0]?.message];
  };
  const png = async (width: number, height: number, rows: Uint8Array, kind: Partial<Kind> = {}) =>
    Buffer.from(await pngOf(width, height, rows, { depth: 8, colour: 6, ...kind })).toString("base64");

  test("whatever it claims to be", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>').toString("base64");
    expect(await refusal({ logo: svg })).toEqual([400, "logo", "Not a PNG."]);
    expect(await refusal({ logo: "<svg>" })).toEqual([400, "logo", "Not base64."]);
    expect(await refusal({ logo: "" })).toEqual([400, "logo", "Not a PNG."]);
    expect(await refusal({ logo: "A".repeat(400_000) })).toEqual([400, "logo", "Too large: at most 256 KB."]);
    expect((await refusal({ logo: "A".repeat(2_000_000) }))[0]).toBe(413);
    const wide = await png(513, 1, new Uint8Array(1 + 513 * 4));
    expect(await refusal({ logo: wide })).toEqual([400, "logo", "Is 513 by 1 pixels: at most 512 a side."]);
    expect((await refusal({ logo: await png(4, 4, new Uint8Array(40), { depth: 1, colour: 3 }) }))[2]).toStartWith(
      "Takes 8 bits",
    );
    // Says it is small, and is ten million zeros: nothing of that size is ever made.
    expect((await refusal({ logo: await png(8, 8, new Uint8Array(10_000_000)) }))[2]).toBe("Its pixels can't be read.");
    expect((await refusal({ logo: await png(8, 8, new Uint8Array(8)) }))[2]).toBe("Its pixels can't be read.");
    expect((await refusal({ logo: await png(1, 1, new Uint8Array([9, 0, 0, 0, 0])) }))[2]).toBe(
      "Its pixels can't be read.",
    );
    const cut = Buffer.from(await pictureFile(noise(32, 32)))
      .subarray(0, 60)
      .toString("base64");
    expect((await refusal({ logo: cut }))[1]).toBe("logo");
    const good = await base64(noise(8, 8));
    expect(await refusal({ logo: good, level: "M" })).toEqual([
      400,
      "level",
      "A logo covers a part: takes Q or H with one.",
    ]);
    expect((await refusal({ logo: good, dark: "red" }))[1]).toBe("dark");
  });

  test("and one that is a picture is read pixel by pixel, however its rows are filtered", async () => {
    // One row for each of the five ways a row may be written.
    const rows = Buffer.from([
      0, 10, 20, 30, 40, 50, 60, 1, 10, 20, 30, 5, 5, 5, 2, 1, 1, 1, 1, 1, 1, 3, 4, 4, 4, 4, 4, 4, 4, 7, 7, 7, 7, 7, 7,
    ]);
    const header = Buffer.from(await pngOf(2, 5, rows, { depth: 8, colour: 6 }));
    header[25] = 2;
    const { pixels } = await readPng(header, 512);
    expect([...pixels.subarray(0, 16)]).toEqual([10, 20, 30, 255, 40, 50, 60, 255, 10, 20, 30, 255, 15, 25, 35, 255]);
    expect([...pixels.subarray(16, 24)]).toEqual([11, 21, 31, 255, 16, 26, 36, 255]);
    expect([...pixels.subarray(24, 32)]).toEqual([9, 14, 19, 255, 16, 24, 31, 255]);
  });
});
