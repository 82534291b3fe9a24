import { need } from "../install.ts";
import { Server } from "../server.ts";
import { storeForTests } from "../servers/store.ts";

export interface NodesOptions {
  /** One for each node; 2 workers each unless it says otherwise. */
  readonly nodes: readonly NodeOptions[];
  /** For all of them. */
  readonly mutant?: string | undefined;
}

export interface NodeOptions {
  readonly workers?: number;
  /** What `CURT_CACHE` takes. */
  readonly cache?: string | undefined;
  /** By how many seconds its clock is ahead of the machine's (behind, if negative). */
  readonly ahead?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Several nodes that are ready, over one empty store: Postgres, unless `TEST_STORE` names another. */
export async function startNodes(options: NodesOptions): Promise<Server[]> {
  const store = await storeForTests("postgres");
  const mutant = options.mutant === undefined ? {} : { CURT_MUTANT: options.mutant };
  const servers = options.nodes.map(
    ({ workers = 2, cache, ahead = 0, env }) =>
      new Server({
        args: ["--workers", `${workers}`],
        env: { ...store, ...mutant, ...(cache === undefined ? {} : { CURT_CACHE: cache }), ...clock(ahead), ...env },
        startLimit: 20_000,
      }),
  );
  try {
    // One after another: who makes the schema is another test's question.
    for (const server of servers) {
      server.launch();
      await server.ready();
    }
    return servers;
  } catch (error) {
    await Promise.all(servers.map((one) => one.stop()));
    throw error;
  }
}

/**
 * The environment in which a process and all its children read another time of day. Timers and `performance.now()` go by
 * the monotonic clock, which stays as it is: so it is on a machine whose clock is set wrong.
 */
function clock(ahead: number): Record<string, string> {
  if (ahead === 0) return {};
  if (!need("faketime")) throw new Error("faketime is not installed.");
  const shown = Bun.spawnSync(["faketime", "-f", "+0s", "sh", "-c", 'printf %s "$LD_PRELOAD"']).stdout.toString();
  return { LD_PRELOAD: shown, FAKETIME: `${ahead < 0 ? "" : "+"}${ahead}s`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}
