/**
 * Makes the release: one executable that needs nothing but the system's C library, and beside it the folder
 * `curt-places`, which tells where visitors are; without it countries and cities stay empty.
 *   npm run build                       for this machine, in dist/curt
 *   npm run build -- --target NAME      for another one: linux-x64, linux-arm64, darwin-arm64 or darwin-x64, in dist/curt-NAME.
 *                                       The runtime for it is fetched by the bundler, unless it was before.
 *   npm run build -- --out FILE
 */
import { constants, copyFileSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundledPackage, bundledParts, releaseFolder } from "../../src/clicks/places.ts";
import { build as buildDashboard, packed } from "../../src/dashboard/assets.ts";

/**
 * Puts the dashboard, bundled and compressed, where a tree has none. It is made beforehand: a bundler that waits for
 * another in one of its plugins never ends.
 */
async function carriedDashboard(): Promise<Bun.BunPlugin> {
  const parts = packed(await buildDashboard());
  return {
    name: "dashboard",
    setup: (bundler) => {
      bundler.onLoad({ filter: /src\/dashboard\/built\.ts$/ }, () => ({
        loader: "ts",
        contents: `export const built = ${JSON.stringify(parts)};`,
      }));
    },
  };
}

const root = join(import.meta.dir, "..", "..");
const targets = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"] as const;
type Target = (typeof targets)[number];

const { values } = parseArgs({ options: { target: { type: "string" }, out: { type: "string" } } });
const target = targets.find((one) => one === values.target);
if (values.target !== undefined && target === undefined) {
  console.error(`build: --target takes ${targets.join(", ")}.`);
  process.exit(2);
}
process.exit(await build(target, resolve(values.out ?? join(root, "dist", target ? `curt-${target}` : "curt"))));

async function build(target: Target | undefined, outfile: string): Promise<number> {
  mkdirSync(dirname(outfile), { recursive: true });
  try {
    await Bun.build({
      entrypoints: [join(root, "src", "cli", "one-file.ts")],
      // Files of their own, each loaded when it is needed, and code that is compiled already: a fifth of the start.
      splitting: true,
      bytecode: true,
      format: "esm",
      minify: { whitespace: true, syntax: true, identifiers: false },
      target: "bun",
      plugins: [await carriedDashboard()],
      compile: {
        outfile,
        // Whoever starts it somewhere must not be configured by what happens to lie there.
        autoloadDotenv: false,
        autoloadBunfig: false,
        ...(target === undefined ? {} : { target: `bun-${target}` as const }),
      },
    });
  } catch (error) {
    console.error(error instanceof AggregateError ? error.errors.map(String).join("\n") : String(error));
    return 1;
  }
  const places = placesBeside(outfile);
  const megabytes = (...files: string[]) =>
    (files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6).toFixed(0);
  console.log(`${outfile} (${megabytes(outfile)} MB)\n${dirname(places[0] ?? "")} (${megabytes(...places)} MB)`);
  return 0;
}

/** Copies the database of places, with its licence, and gives the copies. */
function placesBeside(outfile: string): string[] {
  const folder = join(dirname(outfile), releaseFolder);
  mkdirSync(folder, { recursive: true });
  return bundledParts.map((name) => {
    const copy = join(folder, name);
    copyFileSync(Bun.resolveSync(`${bundledPackage}/${name}`, root), copy, constants.COPYFILE_FICLONE);
    return copy;
  });
}
