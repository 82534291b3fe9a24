import { fileURLToPath } from "node:url";

/** Our fonts, served from our own origin under names that never change. */
const files: Readonly<Record<string, string | undefined>> = {
  "host-grotesk": "@fontsource-variable/host-grotesk/files/host-grotesk-latin-wght-normal.woff2",
  "sometype-mono": "@fontsource-variable/sometype-mono/files/sometype-mono-latin-wght-normal.woff2",
};
const form = /^\.well-known\/curt\/([a-z-]+)\.woff2$/;
const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** Where a font is, for a style sheet. */
export function fontAddress(name: "host-grotesk" | "sometype-mono"): string {
  return `/.well-known/curt/${name}.woff2`;
}

/** The font at a path, read once; `undefined`: there is none. */
export async function fontAnswer(path: string): Promise<Response | undefined> {
  const name = form.exec(path)?.[1] ?? "";
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (file === undefined) return undefined;
  let bytes = kept.get(name);
  if (bytes === undefined) {
    bytes = Bun.file(fileURLToPath(import.meta.resolve(file))).bytes();
    kept.set(name, bytes);
    bytes.catch(() => kept.delete(name));
  }
  return new Response(await bytes, {
    headers: {
      "Content-Type": "font/woff2",
      "Cache-Control": "public, max-age=604800",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
