import { type CurtApi, CurtProblem, type LiveCounts } from "../../client/client.ts";
import { onTerminal, say, sayJson, write } from "../output.ts";
import type { Context } from "../shell.ts";

/** How often a stream that ended is opened again without success, and how long after it ended, in ms. */
const mostFailures = 10;
const pause = 1000;

/**
 * Follows live counts until Ctrl-C: on a terminal one line that changes, in a pipe a line for each change. A server that
 * leaves is followed by whoever answers next.
 */
export async function follow(
  client: CurtApi,
  slug: string | undefined,
  { json, interrupted }: Context,
): Promise<number> {
  let failures = 0;
  let begun = false;
  const aborted = new Promise((resolve) => interrupted.addEventListener("abort", resolve, { once: true }));
  while (!interrupted.aborted) {
    try {
      for await (const counts of client.clicks.live(slug)) {
        failures = 0;
        if (json) await sayJson(counts);
        else if (onTerminal()) await write(`\r\u001b[K${sentence(counts)}`);
        else await say([counts.at, counts.total, counts.unique, counts.bots, counts.added].join("\t"));
        begun = true;
      }
    } catch (error) {
      if (interrupted.aborted) break;
      if (!begun || ++failures > mostFailures) throw error;
      if (error instanceof CurtProblem && ["unauthorized", "forbidden", "not_found"].includes(error.code)) throw error;
    }
    await Promise.race([Bun.sleep(pause), aborted]);
  }
  if (begun && !json && onTerminal()) await say("");
  interrupted.throwIfAborted();
  return 0;
}

function sentence({ day, total, unique, bots, added }: LiveCounts): string {
  const number = (value: number) => value.toLocaleString("en");
  return `${day}: ${number(total)} clicks, about ${number(unique)} visitors, and ${number(bots)} bots (+${number(added)})`;
}
