import { encode } from "uqr";
import { type InputIssue, invalidInput } from "../core/errors.ts";
import { type Picture, pictureFile, pngOf } from "./png.ts";

export const formats = ["svg", "png"] as const;
export const levels = ["L", "M", "Q", "H"] as const;
/** Pixels of a side; modules of the margin. */
export const sizes = { least: 64, most: 2048, usual: 512 } as const;
export const margins = { least: 0, most: 16, usual: 4 } as const;

export interface QrOptions {
  readonly format: (typeof formats)[number];
  readonly size: number;
  readonly margin: number;
  /** How much may be covered or dirty: 7, 15, 25 or 30 % of it. */
  readonly level: (typeof levels)[number];
  /** Six hexadecimal digits. */
  readonly dark: string;
  /** The same; `undefined`: see-through. */
  readonly light: string | undefined;
  /** In the middle, on a ground of its own: the level must be Q or H. */
  readonly logo?: Picture | undefined;
}

/** What a code is sent with: as a document of its own it may load and run nothing. */
export const qrHeaders = {
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "X-Content-Type-Options": "nosniff",
  "X-Robots-Tag": "noindex",
} as const;

/** Reads the options of an address. Throws `CurtError` `invalid_input`. */
export function qrOptions(query: URLSearchParams): QrOptions {
  const issues: InputIssue[] = [];
  const known = ["format", "size", "margin", "level", "dark", "light"];
  for (const name of new Set(query.keys())) if (!known.includes(name)) issues.push({ path: name, message: "Unknown." });
  const oneOf = <const T extends string>(name: string, accepted: readonly T[], usual: T): T => {
    const given = query.get(name);
    const found = given === null ? usual : accepted.find((one) => one === given);
    if (found === undefined) issues.push({ path: name, message: `Takes ${accepted.join(", ")}.` });
    return found ?? usual;
  };
  const number = (name: string, { least, most, usual }: { least: number; most: number; usual: number }): number => {
    const given = query.get(name) ?? String(usual);
    const found = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN;
    if (found >= least && found <= most) return found;
    issues.push({ path: name, message: `Takes ${least} to ${most}.` });
    return usual;
  };
  const colour = (name: string, usual: string): string => {
    const given = (query.get(name) ?? usual).replace(/^#/, "");
    if (/^[0-9A-Fa-f]{6}$/.test(given)) return given.toLowerCase();
    issues.push({ path: name, message: "Takes six hexadecimal digits, as in 17160f." });
    return usual;
  };
  const light = query.get("light");
  const options = {
    format: oneOf("format", formats, "svg"),
    size: number("size", sizes),
    margin: number("margin", margins),
    level: oneOf("level", levels, "M"),
    dark: colour("dark", "000000"),
    light: light === "transparent" ? undefined : colour("light", "ffffff"),
  };
  if (issues.length > 0) throw invalidInput(issues);
  return options;
}

/** Of the code's side, so much is the logo's at most: a twentieth of the modules, of which a quarter may be lost. */
const logoShare = 0.22;

/** The QR code of a text, as a file. Throws `CurtError` `invalid_input` where a PNG would have less than a pixel a module. */
export async function qrFile(
  text: string,
  options: QrOptions,
): Promise<{ readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { data } = encode(text, { ecc: options.level, border: options.margin });
  const { logo } = options;
  const hole = logo === undefined ? undefined : holeOf(data.length, options.margin);
  const modules = hole === undefined ? data : emptied(data, hole);
  if (options.format === "svg") {
    const drawn = svg(modules, options, hole, logo && Buffer.from(await pictureFile(logo)).toString("base64"));
    return { type: "image/svg+xml; charset=utf-8", bytes: new TextEncoder().encode(drawn) };
  }
  if (options.size < data.length) throw invalidInput([{ path: "size", message: `Takes ${data.length} or more here.` }]);
  return { type: "image/png", bytes: await png(modules, options, hole) };
}

type Modules = readonly (readonly boolean[])[];

/** The modules that the logo's ground takes: those from `from` on, `side` of them, across and down. */
interface Hole {
  readonly from: number;
  readonly side: number;
}

function holeOf(all: number, margin: number): Hole {
  const code = all - 2 * margin;
  let side = Math.round(code * logoShare);
  if ((code - side) % 2 === 1) side++;
  return { from: (all - side) / 2, side };
}

function emptied(modules: Modules, { from, side }: Hole): Modules {
  const inside = (at: number) => at >= from && at < from + side;
  return modules.map((row, y) => (inside(y) ? row.map((dark, x) => dark && !inside(x)) : row));
}

function svg(modules: Modules, { size, dark, light }: QrOptions, hole?: Hole, logo?: string): string {
  const side = modules.length;
  const runs = modules.flatMap((row, y) =>
    runsOf(row).map(([from, length]) => `M${from} ${y}h${length}v1h-${length}z`),
  );
  const ground = light === undefined ? "" : `<path fill="#${light}" d="M0 0h${side}v${side}H0z"/>`;
  const placed = hole && { at: hole.from + 0.5, side: hole.side - 1 };
  const picture =
    placed === undefined
      ? ""
      : `<image x="${placed.at}" y="${placed.at}" width="${placed.side}" height="${placed.side}" href="data:image/png;base64,${logo}"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `${ground}<path fill="#${dark}" d="${runs.join("")}"/>${picture}</svg>\n`
  );
}

/** The dark runs of a row: where each begins, and its length. */
function runsOf(row: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  for (let from = row.indexOf(true); from !== -1; ) {
    const end = row.indexOf(false, from);
    runs.push([from, (end === -1 ? row.length : end) - from]);
    from = end === -1 ? -1 : row.indexOf(true, end);
  }
  return runs;
}

/** The modules are whole pixels; what is left over widens the margin. */
function png(modules: Modules, options: QrOptions, hole: Hole | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const { size, dark, light, logo } = options;
  const scale = Math.floor(size / modules.length);
  const start = Math.floor((size - scale * modules.length) / 2);
  if (logo !== undefined && hole !== undefined) return coloured(modules, { scale, start }, options, logo, hole);
  // Two colours, one bit a pixel.
  const stride = 1 + Math.ceil(size / 8);
  const pixels = new Uint8Array(stride * size);
  for (const [y, row] of modules.entries()) {
    const line = new Uint8Array(stride);
    for (const [from, length] of runsOf(row))
      for (let x = start + from * scale; x < start + (from + length) * scale; x++)
        line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    for (let i = 0; i < scale; i++) pixels.set(line, (start + y * scale + i) * stride);
  }
  const palette = ["PLTE", Buffer.from((light ?? "ffffff") + dark, "hex")] as const;
  const clear = light === undefined ? [["tRNS", Buffer.from([0])] as const] : [];
  return pngOf(size, size, pixels, { depth: 1, colour: 3, chunks: [palette, ...clear] });
}

/** The same in all colours, with the logo in its place. */
function coloured(
  modules: Modules,
  { scale, start }: { readonly scale: number; readonly start: number },
  { size, dark, light }: QrOptions,
  logo: Picture,
  hole: Hole,
): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = new Uint8Array(size * size * 4);
  const [ink, paper] = [
    Buffer.from(`${dark}ff`, "hex"),
    Buffer.from(light === undefined ? "00000000" : `${light}ff`, "hex"),
  ];
  for (let i = 0; i < pixels.length; i += 4) pixels.set(paper, i);
  for (const [y, row] of modules.entries()) {
    const first = (start + y * scale) * size;
    for (const [from, length] of runsOf(row))
      for (let x = start + from * scale; x < start + (from + length) * scale; x++) pixels.set(ink, (first + x) * 4);
    const line = pixels.subarray(first * 4, (first + size) * 4);
    for (let i = 1; i < scale; i++) pixels.set(line, (first + i * size) * 4);
  }
  const room = Math.round((hole.side - 1) * scale);
  const shrink = room / Math.max(logo.width, logo.height);
  const [width, height] = [Math.max(1, Math.round(logo.width * shrink)), Math.max(1, Math.round(logo.height * shrink))];
  const middle = start + (hole.from + hole.side / 2) * scale;
  const [left, top] = [Math.round(middle - width / 2), Math.round(middle - height / 2)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = ((top + y) * size + left + x) * 4;
      pixels.set(over(meanOf(logo, x / width, y / height, 1 / width, 1 / height), pixels.subarray(at, at + 4)), at);
    }
  return pictureFile({ width: size, height: size, pixels });
}

type Colour = readonly [red: number, green: number, blue: number, solid: number];

/** What a part of a picture is on the whole; place and size as shares of its sides. Colours count as they are solid. */
function meanOf({ width, height, pixels }: Picture, left: number, top: number, wide: number, high: number): Colour {
  const [x0, y0] = [Math.floor(left * width), Math.floor(top * height)];
  const [x1, y1] = [
    Math.max(x0 + 1, Math.floor((left + wide) * width)),
    Math.max(y0 + 1, Math.floor((top + high) * height)),
  ];
  const sum = [0, 0, 0, 0];
  let n = 0;
  for (let y = y0; y < Math.min(y1, height); y++)
    for (let x = x0; x < Math.min(x1, width); x++, n++) {
      const at = (y * width + x) * 4;
      const solid = pixels[at + 3] ?? 0;
      for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (pixels[at + c] ?? 0) * solid;
      sum[3] = (sum[3] ?? 0) + solid;
    }
  const [red = 0, green = 0, blue = 0, solid = 0] = sum;
  if (solid === 0 || n === 0) return [0, 0, 0, 0];
  return [red / solid, green / solid, blue / solid, solid / n];
}

/** A colour over another one. */
function over([red, green, blue, solid]: Colour, below: Uint8Array): number[] {
  const [a, b] = [solid / 255, ((below[3] ?? 0) / 255) * (1 - solid / 255)];
  const all = a + b;
  if (all === 0) return [0, 0, 0, 0];
  const mixed = [red, green, blue].map((value, c) => Math.round((value * a + (below[c] ?? 0) * b) / all));
  return [...mixed, Math.round(all * 255)];
}
