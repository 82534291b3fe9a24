import type { Command } from "commander";
import type { LinkPatch } from "../../client/client.ts";
import { type RedirectStatus, redirectStatuses } from "../../core/link.ts";
import { clicksLimit } from "../../http/limits.ts";
import { clientOf } from "../client.ts";
import { plain, say, sayJson } from "../output.ts";
import { complete, oneOfWords, several, WrongUsage, wholeNumber } from "../shell.ts";
import { timeOption } from "../times.ts";

interface EditOptions {
  readonly url?: string;
  readonly title?: string;
  readonly tag?: string[];
  /** `false` for `--no-tags`. */
  readonly tags?: boolean;
  readonly note?: string;
  readonly status?: string;
  readonly from?: string;
  readonly until?: string;
  readonly maxClicks?: number | "none";
  readonly disabled?: boolean;
  readonly enabled?: boolean;
  readonly forwardQuery?: boolean;
  readonly ifVersion?: number;
}

/** `curt edit SLUG`: changes what is named and leaves the rest. */
export function define(command: Command): void {
  command
    .argument("<slug>", "The link's slug.")
    .option("--url <url>", "Where it leads from now on.")
    .option("--title <text>", 'A title; "" takes it away.')
    .option("--tag <tag>", "A tag, in place of all it has; may be given several times.", several)
    .option("--no-tags", "Take all tags away.")
    .option("--note <text>", 'A note; "" takes it away.')
    .option("--status <code>", `The redirect's status: ${redirectStatuses.join(", ")}, or default.`, statusOption)
    .option("--from <time>", "Leads nowhere before: RFC 3339, or from now on 90m, 2h, 30d, 4w; none takes it away.")
    .option("--until <time>", "Leads nowhere from then on; none takes it away.")
    .option("--max-clicks <number>", "Leads there so many times in all; none takes the limit away.", clicksOption)
    .option("--disabled", "Disable it.")
    .option("--enabled", "Enable it again.")
    .option("--forward-query", "Hand a visitor's query on to the target.")
    .option("--no-forward-query", "Don't.")
    .option("--if-version <number>", "Only if the link is at this version.", wholeNumber("--if-version", 1, 1e15));
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const slug = command.args[0] ?? "";
    const options = command.opts<EditOptions>();
    const body = patchOf(options, command.getOptionValueSource("forwardQuery") === "cli");
    if (Object.values(body).every((value) => value === undefined))
      throw new WrongUsage("Nothing to change was named. `curt edit --help` lists what can be.");
    const client = clientOf(context.config, context.interrupted);
    const link = await client.links.edit(slug, body, options.ifVersion);
    await (context.json ? sayJson(link) : say(plain(link.shortUrl)));
    return 0;
  });
}

function patchOf(options: EditOptions, queryNamed: boolean): LinkPatch {
  const now = Date.now();
  if (options.disabled && options.enabled) throw new WrongUsage("--disabled and --enabled exclude each other.");
  if (options.tag !== undefined && options.tags === false)
    throw new WrongUsage("--tag and --no-tags exclude each other.");
  return {
    url: options.url,
    title: options.title === "" ? null : options.title,
    tags: options.tags === false ? [] : options.tag,
    note: options.note === "" ? null : options.note,
    redirectStatus:
      options.status === undefined
        ? undefined
        : options.status === "default"
          ? null
          : (Number(options.status) as RedirectStatus),
    validFrom: timeOrNone("--from", options.from, now),
    validUntil: timeOrNone("--until", options.until, now),
    maxClicks: options.maxClicks === "none" ? null : options.maxClicks,
    disabled: options.disabled ? true : options.enabled ? false : undefined,
    forwardQuery: queryNamed ? options.forwardQuery : undefined,
  };
}

function timeOrNone(flag: string, text: string | undefined, now: number): string | null | undefined {
  return text === undefined ? undefined : text === "none" ? null : timeOption(flag, text, now);
}

const clicksOption = (text: string) => (text === "none" ? text : wholeNumber("--max-clicks", 1, clicksLimit)(text));

const statusOption = oneOfWords("--status", [...redirectStatuses.map(String), "default"]);
