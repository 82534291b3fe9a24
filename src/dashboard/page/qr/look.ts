import type { QrOptions } from "../../../client/client.ts";
import type { TextName } from "../texts/catalogue.ts";

export const levels = ["L", "M", "Q", "H"] as const;
export type Level = (typeof levels)[number];

/** How a code looks. Colours are six hexadecimal digits with `#`. */
export interface Look {
  readonly dark: string;
  readonly light: string;
  readonly clear: boolean;
  readonly margin: number;
  readonly level: Level;
  readonly logo: { readonly name: string; readonly png: string } | undefined;
}

export const plainLook: Look = {
  dark: "#000000",
  light: "#ffffff",
  clear: false,
  margin: 4,
  level: "M",
  logo: undefined,
};

export function isColour(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text);
}

/** A look as the API takes it. */
export function optionsOf({ dark, light, clear, margin, level, logo }: Look): QrOptions {
  return { dark, light: clear ? "transparent" : light, margin, level, logo: logo?.png };
}

/** How bright a colour is, 0 to 1, as WCAG reckons it. */
function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** What may keep a scanner from reading it. */
export function warningOf({ dark, light, clear, margin }: Look): TextName | undefined {
  if (!isColour(dark) || (!clear && !isColour(light))) return undefined;
  if (clear) return margin < 2 ? "qr.thin" : "qr.onLight";
  const [ink, paper] = [brightness(dark) + 0.05, brightness(light) + 0.05];
  if (Math.max(ink, paper) / Math.min(ink, paper) < 3) return "qr.low";
  if (ink > paper) return "qr.inverted";
  return margin < 2 ? "qr.thin" : undefined;
}
