import { StoreDamaged } from "../../core/store.ts";
import { Connection } from "./connection.ts";
import { readMeta } from "./schema.ts";
import { walkLinks, walkSlugs } from "./scrub/links.ts";
import { walkChanges, walkRegistry } from "./scrub/rest.ts";
import { type Damage, Scope, type Walk } from "./scrub/scope.ts";
import { checkWords } from "./scrub/words.ts";

export type { Damage } from "./scrub/scope.ts";

export interface VerifyOptions {
  /** Called after each slice with how much was looked at and how much there is, about. */
  readonly onProgress?: (done: number, total: number) => void;
  /** How many rows are looked at before a pause: about 0.1 ms each. */
  readonly slice?: number;
  /** How long a pause is, in ms. 0 gives way to what else waits. */
  readonly pause?: number;
  /** Has SQLite check its pages too: one long step, for a process that serves nobody. */
  readonly pages?: boolean;
  /** Ends the check early: it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Looks at everything the database of the file `path` holds, also while it is served: each row's checksum; that each row
 * is found by its slug, words, tags and target, and that nothing else is; the change feed; the registry. Gives what is
 * damaged, nothing if all is well. Throws `StoreUnavailable` if the file can't be read now.
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<Damage[]> {
  let connection: Connection;
  try {
    connection = new Connection(path, { write: false, cacheBytes: 4e6 });
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    return [{ part: "file", message: error.message, hides: true }];
  }
  const scope = new Scope(connection);
  try {
    await check(scope, options);
  } catch (error) {
    scope.reportThrown("file", error, true);
  } finally {
    connection.close();
  }
  return scope.damages;
}

const walks: readonly [Damage["part"], (scope: Scope) => Walk][] = [
  ["links", walkLinks],
  ["slugs", walkSlugs],
  ["changes", walkChanges],
  ["registry", walkRegistry],
];

async function check(scope: Scope, options: VerifyOptions): Promise<void> {
  const { connection } = scope;
  const slice = options.slice ?? 100;
  const pause = options.pause ?? 0;
  const breathe = async (ms: number) => {
    await Bun.sleep(ms);
    options.signal?.throwIfAborted();
  };
  connection.use(() => readMeta(connection.db, connection.path));
  if (options.pages === true) checkPages(scope);
  // The words are as much as all the rest.
  const total = 2 * sizeOf(connection);
  let done = 0;
  for (const [part, begin] of walks) {
    try {
      const walk = begin(scope);
      for (;;) {
        const seen = connection.snapshot(() => walk(slice));
        done += seen;
        options.onProgress?.(Math.min(done, total), total);
        if (seen < slice) break;
        await breathe(pause);
      }
    } catch (error) {
      scope.reportThrown(part, error, part !== "changes");
    }
  }
  try {
    await checkWords(scope, slice, pause, breathe);
  } catch (error) {
    scope.reportThrown("words", error, true);
  }
  options.onProgress?.(total, total);
}

/** How many entries there are, guessed from the highest numbers, so that nothing is counted through. */
function sizeOf(connection: Connection): number {
  const number = (sql: string) =>
    connection.use(() => connection.db.query<{ n: number | null }, []>(sql).get()?.n ?? 0);
  return 2 * number("SELECT max(id) AS n FROM links") + number("SELECT max(seq) - min(seq) AS n FROM changes");
}

function checkPages(scope: Scope): void {
  const { connection } = scope;
  const rows = scope.attempt("file", true, () =>
    connection.db.query<{ integrity_check: string }, []>("PRAGMA integrity_check(20)").all(),
  );
  for (const { integrity_check: message } of rows ?? []) {
    if (message !== "ok") scope.report("file", message, true);
  }
}
