import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { need, programPath } from "../install.ts";
import { startServer } from "../server.ts";
import { Counts } from "./counts.ts";
import { makeLinks } from "./visitors.ts";

export interface ExactResult {
  readonly received: number;
  readonly counted: number;
  /** How long after the last answer all was counted, in ms. */
  readonly lag: number;
}

/** Lets h2load send exactly so many requests over many links on 64 connections, and waits for the counts. */
export async function exactly(options: {
  readonly requests: number;
  readonly links: number;
  readonly store?: string;
  readonly workers?: number;
}): Promise<ExactResult> {
  if (!need("h2load")) throw new Error("h2load is not installed.");
  const { requests, links, workers = 4 } = options;
  const env: Record<string, string> = options.store === undefined ? {} : { CURT_STORE: options.store };
  // A keyspace takes its time.
  const server = await startServer({ args: ["--workers", `${workers}`], env, startLimit: 60_000 });
  const folder = mkdtempSync(join(tmpdir(), "curt-exact-"));
  const counts = await Counts.open({ CURT_DATA: server.dataDir, ...env });
  try {
    const slugs = await makeLinks(server, links);
    const list = join(folder, "addresses");
    writeFileSync(list, slugs.map((slug) => `${server.url}/${slug}\n`).join(""));
    const load = Bun.spawn([programPath("h2load") ?? "", "--h1", "-n", `${requests}`, "-c", "64", "-i", list], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = await load.stdout.text();
    const ended = performance.now();
    const received = Number(/status codes: \d+ 2xx, (\d+) 3xx/.exec(said)?.[1] ?? Number.NaN);
    let counted = await counts.sum(slugs);
    let lag = performance.now() - ended;
    // Half a minute without a change is the end, whatever it is.
    for (let still = 0; still < 300 && counted !== received; still++) {
      await Bun.sleep(100);
      const now = await counts.sum(slugs);
      if (now !== counted) still = 0;
      counted = now;
      lag = performance.now() - ended;
    }
    // Nothing more may come.
    await Bun.sleep(2500);
    return { received, counted: await counts.sum(slugs), lag };
  } finally {
    await counts.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}
