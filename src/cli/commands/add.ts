import type { Command } from "commander";
import { type RedirectStatus, redirectStatuses } from "../../core/link.ts";
import { clicksLimit } from "../../http/limits.ts";
import { clientOf } from "../client.ts";
import { plain, say, sayJson } from "../output.ts";
import { complete, oneOfWords, several, wholeNumber } from "../shell.ts";
import { timeOption } from "../times.ts";

interface AddOptions {
  readonly slug?: string;
  readonly title?: string;
  readonly tag?: string[];
  readonly note?: string;
  readonly status?: string;
  readonly from?: string;
  readonly until?: string;
  readonly maxClicks?: number;
  readonly disabled?: boolean;
  readonly forwardQuery?: boolean;
  readonly reuse?: boolean;
}

/** `curt add URL`: makes a link through the server, and prints the short URL alone. */
export function define(command: Command): void {
  command
    .argument("<url>", "Where the link leads: http or https.")
    .option("--slug <slug>", "The name after the slash; without it one is made.")
    .option("--title <text>", "A title.")
    .option("--tag <tag>", "A tag; may be given several times.", several)
    .option("--note <text>", "A note.")
    .option("--status <code>", `The redirect's status: ${redirectStatuses.join(", ")}.`, statusOption)
    .option("--from <time>", "Leads nowhere before: RFC 3339, or from now on 90m, 2h, 30d, 4w.")
    .option("--until <time>", "Leads nowhere from then on.")
    .option(
      "--max-clicks <number>",
      "Leads there so many times, and then nowhere.",
      wholeNumber("--max-clicks", 1, clicksLimit),
    )
    .option("--disabled", "Make it disabled.")
    .option("--forward-query", "Hand a visitor's query on to the target.")
    .option("--reuse", "Give the link that is there already, if one has all that was asked for.");
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const options = command.opts<AddOptions>();
    const now = Date.now();
    const body = {
      url: command.args[0] ?? "",
      slug: options.slug,
      title: options.title,
      tags: options.tag,
      note: options.note,
      redirectStatus: options.status === undefined ? undefined : (Number(options.status) as RedirectStatus),
      validFrom: options.from === undefined ? undefined : timeOption("--from", options.from, now),
      validUntil: options.until === undefined ? undefined : timeOption("--until", options.until, now),
      maxClicks: options.maxClicks,
      disabled: options.disabled,
      forwardQuery: options.forwardQuery,
      reuse: options.reuse,
    };
    const link = await clientOf(context.config, context.interrupted).links.create(body);
    await (context.json ? sayJson(link) : say(plain(link.shortUrl)));
    return 0;
  });
}

const statusOption = oneOfWords("--status", redirectStatuses.map(String));
