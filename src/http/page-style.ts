import { fontAddress } from "./fonts.ts";

const families = [
  ["Host Grotesk", fontAddress("host-grotesk"), "300 800"],
  ["Sometype Mono", fontAddress("sometype-mono"), "400 700"],
] as const;
/** Asks for our fonts with the page, and not after its style was read. */
export const fontLinks = families
  .map(([, url]) => `<link rel="preload" href="${url}" as="font" type="font/woff2" crossorigin>`)
  .join("");

/** Our fonts, where they come in time: a page that is read in a moment must not jump under who reads it. */
export const faces = families
  .map(
    ([name, url, weights]) =>
      `@font-face{font-family:"${name}";src:url(${url}) format("woff2");font-weight:${weights};font-display:optional}`,
  )
  .join("");

/** The colours of the look, light and dark. */
export const tokens = `:root{color-scheme:light dark;--paper:#FBFAF5;--raised:#FFF;--rule:#E4E1D5;--edge:#87836F;--ink3:#6B685B;--ink2:#525045;--ink:#17160F;--line:#17160F;--danger:#B3261A;--tint:#FCEAE6}
@media(prefers-color-scheme:dark){:root{--paper:#14130F;--raised:#1D1C17;--rule:#2E2C25;--edge:#7F7B6C;--ink3:#9B9788;--ink2:#BFBBAC;--ink:#F3F0E4;--line:#7F7B6C;--danger:#FF8F80;--tint:#3B1913}}`;
