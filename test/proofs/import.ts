/**
 * What goes in comes out: real URLs are imported, each link is followed once over HTTP, and the export is compared with
 * the input. The long form takes the 1.7 million distinct URLs of the npm package all-the-package-repos (MIT).
 *   npm run proof -- import [--limit N] [--connections N]
 */
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkTarget, ownAddress } from "../../src/core/target.ts";
import { Followers } from "../import/followers.ts";
import { plainEnvironment, Server } from "../server.ts";

const root = join(import.meta.dir, "..", "..");
const curt = join(root, "bin", "curt");

export interface ImportResult {
  /** Distinct URLs of the input, and how many of them are no targets for a link. */
  readonly urls: number;
  readonly refused: readonly string[];
  readonly linksPerSecond: number;
  /** Of the importing process, in bytes; 0 where the system doesn't tell. */
  readonly peakMemory: number;
  /** From the start of `curt serve` to the first redirect, in ms. */
  readonly firstAnswer: number;
  readonly followed: number;
  /** What the import reported beside what was expected of it. */
  readonly summary: { readonly in: number; readonly there: number; readonly out: number };
  /** The summary of a second import of the same file. */
  readonly again: { readonly in: number; readonly there: number; readonly out: number };
  /** Links whose `Location` is not the target in WHATWG serialisation, and targets that differ in number. */
  readonly wrongRedirects: number;
  readonly differences: readonly string[];
}

export interface ImportProofOptions {
  readonly urls: readonly string[];
  readonly connections: number;
  /** For the test of this proof, which must see what is done here: runs between import and export. */
  readonly spoil?: (dataDir: string) => Promise<unknown>;
}

/** Imports, serves, follows, exports and compares. */
export async function importProof(options: ImportProofOptions): Promise<ImportResult> {
  const folder = mkdtempSync(join(tmpdir(), "curt-import-"));
  const server = new Server({ dataDir: join(folder, "data"), args: ["--workers", "2"] });
  const port = new URL(server.url).port;
  try {
    const own = ownAddress(`http://localhost:${port}`, Number(port));
    const expected = new Map<string, number>();
    const refused: string[] = [];
    const file = join(folder, "input.jsonl");
    const input = createWriteStream(file);
    for (const url of options.urls) {
      const verdict = checkTarget(url, own);
      if ("url" in verdict) expected.set(verdict.url, (expected.get(verdict.url) ?? 0) + 1);
      else refused.push(url);
      if (!input.write(`${JSON.stringify({ url })}\n`)) await new Promise((resolve) => input.once("drain", resolve));
    }
    await new Promise((resolve) => input.end(resolve));

    const settings = ["--data", server.dataDir, "--port", port];
    const started = performance.now();
    const first = await run(["import", file, "--json", ...settings]);
    const seconds = (performance.now() - started) / 1000;
    const second = await run(["import", file, "--json", ...settings]);

    await options.spoil?.(server.dataDir);

    const exported = join(folder, "export.jsonl");
    const { code, errors } = await run(["export", exported, "--data", server.dataDir]);
    if (code !== 0) throw new Error(`curt export ended with ${code}: ${errors}`);

    const launched = performance.now();
    server.launch();
    const firstSlug = (JSON.parse(await firstLine(exported)) as ExportedLink).slug;
    const firstAnswer = (await untilRedirect(`${server.url}/${firstSlug}`)) - launched;

    const followers = new Followers(Number(port), options.connections);
    for await (const { slug, url } of exportedLinks(exported)) {
      const left = (expected.get(url) ?? 0) - 1;
      expected.set(url, left);
      await followers.follow(slug, url);
    }
    await followers.end();

    const differences = [...expected].flatMap(([url, left]) =>
      left === 0 ? [] : [`${url}: ${left > 0 ? `${left} missing` : `${-left} too many`}`],
    );
    const summary = summaryOf(first.output);
    return {
      urls: options.urls.length,
      refused,
      linksPerSecond: Math.round(summary.in / seconds),
      peakMemory: first.peak,
      firstAnswer: Math.round(firstAnswer),
      followed: followers.right + followers.wrong,
      summary,
      again: summaryOf(second.output),
      wrongRedirects: followers.wrong,
      differences,
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface ExportedLink {
  readonly slug: string;
  readonly url: string;
}

async function run(args: string[]): Promise<{ code: number; output: string; errors: string; peak: number }> {
  const child = Bun.spawn(["sh", curt, ...args], { env: plainEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakMemoryOf(child.pid));
  }, 100);
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  clearInterval(watch);
  return { code, output, errors, peak };
}

/** The most memory a process has had, in bytes. Not from its resource usage, which begins with that of its parent. */
function peakMemoryOf(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return 0;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, "utf8"))?.[1] ?? 0) * 1024;
}

function summaryOf(output: string): ImportResult["summary"] {
  const summary = JSON.parse(output) as ImportResult["summary"];
  return { in: summary.in, there: summary.there, out: summary.out };
}

/** The links of an export, one by one: a file of millions is not held. */
async function* exportedLinks(file: string): AsyncGenerator<ExportedLink> {
  let rest = "";
  for await (const text of Bun.file(file).stream().pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as ExportedLink;
  }
}

async function firstLine(file: string): Promise<string> {
  return (await Bun.file(file).slice(0, 100_000).text()).split("\n", 1)[0] ?? "";
}

/** Waits for the first redirect and gives the moment it came. */
async function untilRedirect(url: string): Promise<number> {
  for (const until = performance.now() + 30_000; performance.now() < until; await Bun.sleep(5)) {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    if (answer?.status === 302) return performance.now();
  }
  throw new Error(`${url} did not answer within 30 s.`);
}

/** The distinct http(s) URLs of the package, in the order they come. */
async function packageUrls(limit: number): Promise<string[]> {
  const cache = join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  const list = join(cache, "packages.json");
  if (!existsSync(list)) {
    console.log("Fetching all-the-package-repos (47 MB) ...");
    await must(["npm", "pack", "all-the-package-repos", "--silent", "--pack-destination", cache]);
    const [archive] = readdirSync(cache).filter((name) => /^all-the-package-repos-.*\.tgz$/.test(name));
    await must([
      "tar",
      "-xzf",
      join(cache, archive ?? ""),
      "-C",
      cache,
      "--strip-components=2",
      "package/data/packages.json",
    ]);
  }
  const repos = (await Bun.file(list).json()) as Record<string, unknown>;
  const urls = new Set<string>();
  for (const url of Object.values(repos))
    if (typeof url === "string" && /^https?:/i.test(url) && urls.size < limit) urls.add(url);
  return [...urls];
}

async function must(words: string[]): Promise<void> {
  const code = await Bun.spawn(words, { stdio: ["ignore", "ignore", "inherit"] }).exited;
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}.`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { limit: { type: "string" }, connections: { type: "string", default: "64" } },
  });
  const urls = await packageUrls(Number(values.limit ?? Number.POSITIVE_INFINITY));
  const result = await importProof({ urls, connections: Number(values.connections) });
  const { refused, differences, ...figures } = result;
  console.log(figures);
  console.log(`refused ${refused.length}: ${refused.slice(0, 20).join("  ")}`);
  for (const difference of differences.slice(0, 50)) console.log(difference);
  const whole = result.followed === result.summary.in && result.summary.in === result.urls - refused.length;
  const failed = differences.length + result.wrongRedirects > 0 || !whole || result.again.in > 0;
  console.log(failed ? "FAILED" : `0 differences over ${result.followed} links`);
  process.exit(failed ? 1 : 0);
}
