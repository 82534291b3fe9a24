import { promisify } from "node:util";
import { crc32, deflate, inflate } from "node:zlib";

/** A picture: four bytes a pixel, red, green, blue and how solid. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const deflated = promisify(deflate);
const inflated = promisify(inflate) as (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** How the pixels of a file are meant: depth and kind as PNG numbers them, and the chunks that kind needs. */
export interface Kind {
  readonly depth: 1 | 8;
  readonly colour: 3 | 6;
  readonly chunks?: readonly (readonly [name: string, data: Uint8Array])[];
}

/** A PNG of rows as its format wants them: a byte 0, then the pixels. */
export async function pngOf(
  width: number,
  height: number,
  rows: Uint8Array,
  { depth, colour, chunks = [] }: Kind,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const data = await deflated(rows);
  const parts = [["IHDR", header] as const, ...chunks, ["IDAT", data] as const, ["IEND", Buffer.alloc(0)] as const];
  return new Uint8Array(Buffer.concat([signature, ...parts.map(([name, bytes]) => chunk(name, bytes))]));
}

/** A picture as a PNG that has nothing in it but its pixels. */
export function pictureFile({ width, height, pixels }: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const stride = width * 4;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return pngOf(width, height, rows, { depth: 8, colour: 6 });
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/**
 * The pixels of a PNG with 8 bits a channel, in RGB or RGBA, not interlaced, at most `most` pixels a side. What it holds
 * besides pixels is passed over. Throws an `Error` that says what is wrong, before anything large is made.
 */
export async function readPng(file: Uint8Array, most: number): Promise<Picture> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!bytes.subarray(0, 8).equals(signature)) throw new Error("Not a PNG.");
  if (bytes.length < 33 || bytes.toString("latin1", 12, 16) !== "IHDR") throw new Error("Not a whole PNG.");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width < 1 || height < 1 || width > most || height > most)
    throw new Error(`Is ${width} by ${height} pixels: at most ${most} a side.`);
  const [depth, colour, , , interlaced] = bytes.subarray(24, 29);
  const channels = colour === 2 ? 3 : colour === 6 ? 4 : 0;
  if (depth !== 8 || channels === 0 || interlaced !== 0)
    throw new Error("Takes 8 bits a channel, RGB or RGBA, not interlaced.");
  const stride = width * channels;
  const wanted = (stride + 1) * height;
  const raw = await inflated(dataOf(bytes), { maxOutputLength: wanted }).catch(() => undefined);
  if (raw?.length !== wanted) throw new Error("Its pixels can't be read.");
  return { width, height, pixels: unfiltered(raw, width, height, channels) };
}

function dataOf(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + 12 + length > bytes.length) throw new Error("Not a whole PNG.");
    const name = bytes.toString("latin1", at + 4, at + 8);
    if (name === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    if (name === "IEND") break;
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

/** Undoes what each row was written as: the difference to its neighbours. */
function unfiltered(raw: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const stride = width * channels;
  const rows = new Uint8Array(stride * height);
  const pixels = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] ?? 0;
    if (filter > 4) throw new Error("Its pixels can't be read.");
    for (let x = 0; x < stride; x++) {
      const here = y * stride + x;
      const left = x < channels ? 0 : (rows[here - channels] ?? 0);
      const up = y === 0 ? 0 : (rows[here - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (rows[here - stride - channels] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? nearest(left, up, corner) : 0][filter] ?? 0;
      rows[here] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < channels; c++) pixels[i * 4 + c] = rows[i * channels + c] ?? 0;
  return pixels;
}

/** The neighbour that is nearest to what a plane through all three would have here (Paeth). */
function nearest(left: number, up: number, corner: number): number {
  const plane = left + up - corner;
  const [a, b, c] = [Math.abs(plane - left), Math.abs(plane - up), Math.abs(plane - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
