import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** A file of the page as it is kept: the bytes, and the same compressed where that is shorter. */
interface Asset {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Readonly<Partial<Record<"br" | "gzip", Uint8Array<ArrayBuffer>>>>;
}

/** The page, built: its files by name, and the document that loads them. */
export interface Built {
  readonly files: ReadonlyMap<string, Asset>;
  readonly document: Asset;
}

/** Answers `/dashboard` and everything below it. */
export type Dashboard = (path: string, request: Request) => Promise<Response>;

const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  woff2: "font/woff2",
} as const;

/** Everything from our own origin, nothing inline, nothing framed; script makes no HTML out of text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const documentHeaders = {
  "Content-Security-Policy": policy,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/**
 * The page, built when it is first asked for and kept in memory: a start waits for nothing, and a clone needs no build.
 * The names of files have a hash of their content, so a browser asks for each once, whichever worker answers.
 */
export function openDashboard(): Dashboard {
  let built: Promise<Built> | undefined;
  return async (path, request) => {
    built ??= ready();
    const { files, document } = await built.catch((error: unknown) => {
      built = undefined;
      throw error;
    });
    const name = path.slice("dashboard/".length);
    const file = name === "" ? undefined : files.get(name);
    if (file !== undefined) return sent(file, request, { "Cache-Control": "public, max-age=31536000, immutable" });
    // A file of an older build: the document would be taken for script.
    if (/\.(?:js|css|woff2)$/.test(name)) return new Response("Gone. Load the page again.\n", { status: 404 });
    return sent(document, request, { ...documentHeaders, "Cache-Control": "no-cache" });
  };
}

/** The page that a release carries, or else made from its sources. */
async function ready(): Promise<Built> {
  const { built } = await import("./built.ts");
  if (built === undefined) return build();
  const parts = JSON.parse(built) as [
    name: string,
    type: string,
    plain: string,
    br: string | null,
    gzip: string | null,
  ][];
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  const files = new Map(
    parts.map(([name, type, plain, br, gzip]): [string, Asset] => [
      name,
      { type, plain: bytes(plain), packed: br === null || gzip === null ? {} : { br: bytes(br), gzip: bytes(gzip) } },
    ]),
  );
  const document = files.get("");
  if (document === undefined) throw new Error("This release has no page.");
  return { files, document };
}

/** A built page as the text that `built.ts` of a release holds. */
export function packed({ files, document }: Built): string {
  const text = (part: Uint8Array | undefined) => (part === undefined ? null : Buffer.from(part).toString("base64"));
  const parts = [...files, ["", document] as const].map(([name, { type, plain, packed }]) => [
    name,
    type,
    text(plain),
    text(packed.br),
    text(packed.gzip),
  ]);
  return JSON.stringify(parts);
}

/** Bundles and compresses the page: about half a second, off the event loop. Throws what the bundler found wrong. */
export async function build(): Promise<Built> {
  const jsx = { runtime: "automatic", importSource: "preact", development: false } as const;
  const common = { target: "browser", minify: true, jsx } as const;
  const [page, theme] = await Promise.all([
    Bun.build({
      ...common,
      entrypoints: [join(import.meta.dir, "page/main.tsx")],
      // Left as they stand: the bundler would put them into the style sheet, as text a third longer.
      external: ["*.woff2"],
      splitting: true,
      publicPath: "/dashboard/",
      naming: { entry: "[name]-[hash].[ext]", chunk: "part-[hash].[ext]" },
    }),
    Bun.build({
      ...common,
      entrypoints: [join(import.meta.dir, "page/theme.ts")],
      format: "iife",
      naming: "[name]-[hash].[ext]",
    }),
  ]);
  const files = new Map<string, Asset>();
  const fonts = await fontFiles();
  for (const [name, font] of fonts.values()) files.set(name, font);
  for (const output of [...page.outputs, ...theme.outputs]) {
    const name = output.path.replace(/^.*\//, "");
    const text = await output.text();
    if (name.endsWith(".css")) {
      const css = text.replaceAll(/\/dashboard\/([\w-]+)\.woff2/g, (whole, font: string) =>
        fonts.has(font) ? `/dashboard/${fonts.get(font)?.[0]}` : whole,
      );
      const bytes = new TextEncoder().encode(css);
      files.set(`main-${hashOf(bytes)}.css`, await asset(bytes, "css"));
    } else files.set(name, await asset(new TextEncoder().encode(text), "js"));
  }
  return { files, document: await asset(new TextEncoder().encode(documentOf(files)), "html") };
}

/** The fonts that the style sheet names, with a hash of their content in their names. */
async function fontFiles(): Promise<Map<string, [name: string, font: Asset]>> {
  const names = [
    ...["host-grotesk-latin-wght-normal", "host-grotesk-latin-ext-wght-normal"],
    ...["sometype-mono-latin-wght-normal", "sometype-mono-latin-ext-wght-normal"],
  ];
  const loaded = names.map(async (name): Promise<[string, [string, Asset]]> => {
    const family = name.split("-latin")[0];
    const path = fileURLToPath(import.meta.resolve(`@fontsource-variable/${family}/files/${name}.woff2`));
    const bytes = await Bun.file(path).bytes();
    return [name, [`${name}-${hashOf(bytes)}.woff2`, await asset(bytes, "woff2")]];
  });
  return new Map(await Promise.all(loaded));
}

function hashOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 8);
}

/** The scripts that a script needs before it runs, and theirs. */
function neededBy(name: string, files: ReadonlyMap<string, Asset>, found = new Set<string>()): Set<string> {
  const text = new TextDecoder().decode(files.get(name)?.plain);
  for (const [, other = ""] of text.matchAll(/(?:\bfrom|\bimport)\s*"\/dashboard\/([\w-]+\.js)"/g))
    if (!found.has(other)) neededBy(other, files, found.add(other));
  return found;
}

function documentOf(files: ReadonlyMap<string, Asset>): string {
  const names = [...files.keys()];
  const named = (start: string, end: string) => {
    const name = names.find((one) => one.startsWith(`${start}-`) && one.endsWith(`.${end}`));
    if (name === undefined) throw new Error(`The page has no ${start}.${end}.`);
    return `/dashboard/${name}`;
  };
  const font = (start: string) =>
    `<link rel="preload" href="${named(start, "woff2")}" as="font" type="font/woff2" crossorigin>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="description" content="Long in, short out.">
<title>Curt</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<script src="${named("theme", "js")}"></script>
<link rel="stylesheet" href="${named("main", "css")}">
${font("host-grotesk-latin-wght-normal")}
${font("sometype-mono-latin-wght-normal")}
<script type="module" src="${named("main", "js")}"></script>
${[...neededBy(named("main", "js").slice("/dashboard/".length), files)].map((name) => `<link rel="modulepreload" href="/dashboard/${name}">`).join("\n")}
</head>
<body><div id="app"></div><noscript>This page is a program, and needs JavaScript. The links don't.</noscript></body>
</html>
`;
}

const brotlied = promisify(brotliCompress);
const gzipped = promisify(gzip);

async function asset(plain: Uint8Array<ArrayBuffer>, kind: keyof typeof types): Promise<Asset> {
  const type = types[kind];
  if (kind === "woff2") return { type, plain, packed: {} };
  const [br, gz] = await Promise.all([
    brotlied(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    gzipped(plain, { level: 9 }),
  ]);
  return { type, plain, packed: { br: new Uint8Array(br), gzip: new Uint8Array(gz) } };
}

function sent(file: Asset, request: Request, headers: Readonly<Record<string, string>>): Response {
  if (request.method !== "GET" && request.method !== "HEAD")
    return new Response("Takes GET and HEAD.\n", { status: 405, headers: { Allow: "GET, HEAD" } });
  const accepted = (request.headers.get("accept-encoding") ?? "").split(",").map((one) => one.trim().split(";")[0]);
  const encoding = (["br", "gzip"] as const).find((one) => accepted.includes(one) && file.packed[one] !== undefined);
  const bytes = (encoding && file.packed[encoding]) ?? file.plain;
  return new Response(request.method === "HEAD" ? null : bytes, {
    headers: {
      "Content-Type": file.type,
      "X-Content-Type-Options": "nosniff",
      Vary: "Accept-Encoding",
      ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
      ...headers,
    },
  });
}
