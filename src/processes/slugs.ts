import type { Config } from "../config.ts";
import type { LocalCommitter } from "../stores/sql/committer.ts";
import { SlugMarks } from "../stores/sql/slugs/slug-marks.ts";
import type { Log } from "./log.ts";
import { ownProcess } from "./program.ts";

/**
 * Lets the workers know which slugs the embedded store has; `undefined` where no memory can be shared: then they look.
 * `begin` is for when they serve, so that no start waits for it.
 */
export function openMarks(
  config: Config,
  committer: LocalCommitter,
  log: Log,
): { begin(): void; end(): void } | undefined {
  let child: Bun.Subprocess | undefined;
  const scan = async (file: string) => {
    child = Bun.spawn(ownProcess("slug-scan", config.storePath, file), {
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "json",
      ipc: () => {},
    });
    const code = await child.exited;
    if (code !== 0)
      throw new Error(`The look through the slugs ended with ${child.signalCode ?? `exit code ${code}`}.`);
  };
  try {
    const deaf = config.mutants.includes("deaf-filter");
    const marks = new SlugMarks({ path: config.storePath, count: () => committer.links, scan, log, deaf });
    committer.markWith((key) => marks.mark(key));
    return {
      begin: () => marks.renew(),
      end: () => {
        marks.end();
        child?.kill("SIGKILL");
      },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn("Unknown slugs are looked up in the store each time; no filter can be made.", { why });
    return undefined;
  }
}
