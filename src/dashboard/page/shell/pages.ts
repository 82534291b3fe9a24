import type { TextName } from "../texts/catalogue.ts";

/** The pages there are, in the order of the bars, and the key that G goes before. */
export const pages: readonly { readonly path: string; readonly name: TextName; readonly key: string }[] = [
  { path: "/", name: "nav.links", key: "L" },
  { path: "/overview", name: "nav.overview", key: "O" },
  { path: "/import", name: "nav.import", key: "I" },
  { path: "/keys", name: "nav.keys", key: "K" },
  { path: "/settings", name: "nav.settings", key: "S" },
];
