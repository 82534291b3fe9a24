import type { Command } from "commander";
import type { Link, LinkPage } from "../../client/client.ts";
import { type LinkState, linkStates } from "../../core/link.ts";
import { clientOf } from "../client.ts";
import { jsonText, onTerminal, plain, remark, say, table } from "../output.ts";
import { complete, oneOfWords, wholeNumber } from "../shell.ts";

interface ListOptions {
  readonly search?: string;
  readonly tag?: string;
  readonly state?: LinkState;
  readonly limit: number;
  readonly all?: boolean;
}

/** What one request asks for at most. */
const page = 200;

/** `curt list`: a table on a terminal; in a pipe one line a link with tabs between; with `--json` one object a line. */
export function define(command: Command): void {
  command
    .option("--search <words>", "Only links with all these words, or words that begin so.")
    .option("--tag <tag>", "Only links with this tag.")
    .option("--state <state>", `Only links that are ${linkStates.join(", ")}.`, oneOfWords("--state", linkStates))
    .option("--limit <number>", "How many at most.", wholeNumber("--limit", 1, 1_000_000_000), 50)
    .option("--all", "All of them, however many.");
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const options = command.opts<ListOptions>();
    const client = clientOf(context.config, context.interrupted);
    let left = options.all ? Number.POSITIVE_INFINITY : options.limit;
    const { search, tag, state } = options;
    let cursor: string | null = null;
    do {
      const query = { search, tag, state, limit: Math.min(left, page), cursor: cursor ?? undefined };
      const answer: LinkPage = await client.links.list(query);
      const lines = context.json ? answer.links.map(jsonText) : linesOf(answer.links);
      if (lines.length > 0) await say(lines.join("\n"));
      left -= answer.links.length;
      cursor = answer.next ?? null;
    } while (cursor !== null && left > 0);
    if (cursor !== null && !context.json && onTerminal()) remark("There are more: --limit NUMBER, or --all.");
    return 0;
  });
}

function linesOf(links: readonly Link[]): string[] {
  if (onTerminal())
    return table(links.map((link) => [link.shortUrl, link.state, plain(link.title ?? ""), link.url].map(plain)));
  return links.map((link) =>
    [link.slug, link.url, link.state, link.createdAt, link.tags.join(","), link.title ?? ""].map(plain).join("\t"),
  );
}
