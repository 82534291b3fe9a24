type File = Promise<{ readonly default: string }>;

/** Our fonts, served from our own origin under names that never change. Imported as files, so that a release has them in it. */
const files: Readonly<Record<string, (() => File) | undefined>> = {
  "host-grotesk": () =>
    // @ts-expect-error: a file, and no module; its address is what is imported.
    import("@fontsource-variable/host-grotesk/files/host-grotesk-latin-wght-normal.woff2", { with: { type: "file" } }),
  "sometype-mono": () =>
    // @ts-expect-error: the same.
    import("@fontsource-variable/sometype-mono/files/sometype-mono-latin-wght-normal.woff2", {
      with: { type: "file" },
    }),
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
    bytes = file().then(({ default: place }) => Bun.file(place).bytes());
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
