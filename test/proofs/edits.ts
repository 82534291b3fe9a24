/**
 * Promise 6 on one machine: after the answer to an edit no worker serves the old target.
 *   npm run proof -- edits [--edits N] [--mutant no-broadcast]
 * With the mutant it must find old targets.
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { Load } from "../load.ts";
import { startServer } from "../server.ts";

export interface EditsResult {
  readonly edits: number;
  readonly redirects: number;
  /** Redirects to a target that an edit answered before the request had replaced. */
  readonly old: number;
  readonly failed: number;
  readonly slowestEditMs: number;
}

const target = "https://example.com/version/";

/** Edits one link again and again on 4 workers while 64 connections follow it. */
export async function editsProof(options: {
  edits: number;
  mutant?: string | undefined;
  env?: Record<string, string>;
}): Promise<EditsResult> {
  const server = await startServer({
    args: ["--workers", "4"],
    env: { ...options.env, ...(options.mutant === undefined ? {} : { CURT_MUTANT: options.mutant }) },
  });
  let [redirects, old, failed, slowestEditMs] = [0, 0, 0, 0];
  let answeredVersion = 0;
  try {
    await ask(server, "POST", "/api/v1/links", { url: `${target}0`, slug: "hot" });
    const load = new Load({
      url: server.url,
      path: "/hot",
      connections: 64,
      sent: () => answeredVersion,
      answered: ({ status, location }, least) => {
        redirects++;
        if (status !== 302 || !location?.startsWith(target)) failed++;
        else if (Number(location.slice(target.length)) < least) old++;
      },
      failed: () => failed++,
    });
    // Every worker shall know the link before it changes.
    await Bun.sleep(200);
    for (let version = 1; version <= options.edits; version++) {
      const from = performance.now();
      const { status } = await ask(server, "PATCH", "/api/v1/links/hot", { url: `${target}${version}` });
      if (status !== 200) throw new Error(`Edit ${version} was answered with ${status}.`);
      answeredVersion = version;
      slowestEditMs = Math.max(slowestEditMs, performance.now() - from);
      await Bun.sleep(5);
    }
    await Bun.sleep(100);
    await load.stop();
  } finally {
    await server.stop();
  }
  return { edits: options.edits, redirects, old, failed, slowestEditMs: Math.round(slowestEditMs) };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { edits: { type: "string" }, mutant: { type: "string" } } });
  const result = await editsProof({ edits: Number(values.edits ?? 200), mutant: values.mutant });
  console.log(
    `${result.edits} edits under ${result.redirects} redirects: ${result.old} to an old target, ${result.failed} failed, slowest edit ${result.slowestEditMs} ms`,
  );
  process.exit(result.old === 0 && result.failed === 0 ? 0 : 1);
}
