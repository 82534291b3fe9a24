import { crc32, deflateSync } from "node:zlib";
import { encode } from "uqr";
import { type InputIssue, invalidInput } from "../core/errors.ts";

const formats = ["svg", "png"] as const;
const levels = ["L", "M", "Q", "H"] as const;
/** Pixels of a side; modules of the margin. */
const sizes = { least: 64, most: 2048, usual: 512 } as const;
const margins = { least: 0, most: 16, usual: 4 } as const;

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
}

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

/** The QR code of a text, as a file. Throws `CurtError` `invalid_input` where a PNG would have less than a pixel a module. */
export function qrFile(
  text: string,
  options: QrOptions,
): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  const { data } = encode(text, { ecc: options.level, border: options.margin });
  if (options.format === "svg")
    return { type: "image/svg+xml; charset=utf-8", bytes: new TextEncoder().encode(svg(data, options)) };
  if (options.size < data.length) throw invalidInput([{ path: "size", message: `Takes ${data.length} or more here.` }]);
  return { type: "image/png", bytes: png(data, options) };
}

type Modules = readonly (readonly boolean[])[];

function svg(modules: Modules, { size, dark, light }: QrOptions): string {
  const side = modules.length;
  const runs = modules.flatMap((row, y) =>
    runsOf(row).map(([from, length]) => `M${from} ${y}h${length}v1h-${length}z`),
  );
  const ground = light === undefined ? "" : `<path fill="#${light}" d="M0 0h${side}v${side}H0z"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `${ground}<path fill="#${dark}" d="${runs.join("")}"/></svg>\n`
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

/** Two colours, one bit a pixel. The modules are whole pixels; what is left over widens the margin. */
function png(modules: Modules, { size, dark, light }: QrOptions): Uint8Array<ArrayBuffer> {
  const scale = Math.floor(size / modules.length);
  const start = Math.floor((size - scale * modules.length) / 2);
  const stride = 1 + Math.ceil(size / 8);
  const pixels = new Uint8Array(stride * size);
  for (const [y, row] of modules.entries()) {
    const line = new Uint8Array(stride);
    for (const [from, length] of runsOf(row))
      for (let x = start + from * scale; x < start + (from + length) * scale; x++)
        line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    for (let i = 0; i < scale; i++) pixels.set(line, (start + y * scale + i) * stride);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([1, 3, 0, 0, 0], 8);
  const chunks = [
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from((light ?? "ffffff") + dark, "hex")),
    ...(light === undefined ? [chunk("tRNS", Buffer.from([0]))] : []),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return new Uint8Array(Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks]));
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
