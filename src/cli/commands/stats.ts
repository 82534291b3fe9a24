import type { Command } from "commander";
import type { Clicks, ClicksQuery, Dimension } from "../../client/client.ts";
import { type ClickUnit, clickUnits, dimensions } from "../../core/click.ts";
import { bar, columnChart } from "../chart.ts";
import { clientOf } from "../client.ts";
import { onTerminal, plain, say, sayJson, terminalWidth } from "../output.ts";
import { complete, oneOfWords, WrongUsage } from "../shell.ts";
import { follow } from "../stats/live.ts";
import { stepName, stepsBetween } from "../steps.ts";
import { pastTime } from "../times.ts";

interface StatsOptions {
  readonly from?: string;
  readonly to?: string;
  readonly unit?: ClickUnit;
  readonly by?: Dimension;
  readonly bots?: boolean;
  readonly tag?: string;
  readonly unknown?: boolean;
  readonly live?: boolean;
}

/** Steps that a chart shows at most, and values of a dimension that are listed on a terminal. */
const mostSteps = 2000;
const mostGroups = 20;

/** `curt stats [SLUG]`: how often a link, or all of them, were followed; a chart on a terminal, lines in a pipe. */
export function define(command: Command): void {
  command
    .argument("[slug]", "The link's slug; without it all links.")
    .option(
      "--from <time>",
      "From then on: RFC 3339, a day such as 2027-01-31, or 12h, 7d, 4w ago. Default: 30 days before --to.",
    )
    .option("--to <time>", "Up to then. Default: now.")
    .option(
      "--unit <unit>",
      `Steps of the chart: ${clickUnits.join(", ")}. Default: day.`,
      oneOfWords("--unit", clickUnits),
    )
    .option("--by <what>", `Told apart by ${dimensions.join(", ")}.`, oneOfWords("--by", dimensions))
    .option("--bots", "With bots.")
    .option("--tag <tag>", "Only links that had this tag when they were followed.")
    .option("--unknown", "Clicks on slugs that nothing is called.")
    .option("--live", "Follow the counts of today, until Ctrl-C.");
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const slug = command.args[0];
    const options = command.opts<StatsOptions>();
    const client = clientOf(context.config, context.interrupted);
    if (slug !== undefined && (options.tag !== undefined || options.unknown))
      throw new WrongUsage("--tag and --unknown are for all links: leave the slug out.");
    if (options.live) {
      const other = Object.keys(options).find((name) => !["live", "json"].includes(name) && isOwn(name));
      if (other !== undefined) throw new WrongUsage(`--live shows today as it is; --${other} is not for it.`);
      return follow(client, slug, context);
    }
    const clicks = await client.clicks.read(slug, queryOf(options, Date.now()));
    if (context.json) await sayJson(clicks);
    else await say((onTerminal() ? picture(clicks, slug, options.by) : lines(clicks, options.by)).join("\n"));
    return 0;
  });
}

function isOwn(name: string): boolean {
  return ["from", "to", "unit", "by", "bots", "tag", "unknown"].includes(name);
}

function queryOf({ from, to, unit, by, tag, bots, unknown }: StatsOptions, now: number): ClicksQuery {
  return {
    from: from === undefined ? undefined : pastTime("--from", from, now),
    to: to === undefined ? undefined : pastTime("--to", to, now),
    ...{ unit, by, tag },
    bots: bots || undefined,
    unknown: unknown || undefined,
  };
}

/** For a pipe: groups where they were asked for, otherwise the series. */
function lines(clicks: Clicks, by: string | undefined): string[] {
  if (by !== undefined) return clicks.groups.map((one) => `${plain(one.value)}\t${one.clicks}`);
  return clicks.series.map((one) => `${one.start}\t${one.clicks}\t${one.unique}`);
}

function picture(clicks: Clicks, slug: string | undefined, by: string | undefined): string[] {
  const width = terminalWidth();
  const { unit } = clicks;
  const count = (number: number, one: string, many: string) =>
    `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  const sums = [count(clicks.total, "click", "clicks"), `about ${count(clicks.unique, "visitor", "visitors")}`];
  const head = `${slug === undefined ? "" : `/${plain(slug)}: `}${sums.join(", ")}, and ${count(clicks.bots, "bot", "bots")}`;
  const found = new Map(clicks.series.map((one) => [Date.parse(one.start), one.clicks]));
  const steps = stepsBetween(unit, Date.parse(clicks.from), Date.parse(clicks.to), mostSteps);
  const chart = columnChart(
    steps.map((step) => found.get(step) ?? 0),
    Math.min(width, 100),
  );
  const [first = 0, last = 0] = [steps[0], steps.at(-1)];
  const foot = `${stepName(unit, first)} to ${stepName(unit, last)}, by ${unit}`;
  const note = clicks.note === null ? [] : [clicks.note];
  return [head, "", ...chart, foot, ...note, ...(by === undefined ? [] : ["", ...groupLines(clicks, by, width)])];
}

function groupLines({ groups, attribution }: Clicks, by: string, width: number): string[] {
  if (groups.length === 0) return [`No ${by} is known.`];
  const credit = attribution == null ? [] : [attribution];
  const shown = groups.slice(0, mostGroups);
  const most = Math.max(...shown.map((one) => one.clicks));
  const numbers = shown.map((one) => one.clicks.toLocaleString("en"));
  const room = Math.max(...numbers.map((one) => one.length));
  const rows = shown.map((one, at) => {
    const name = plain(one.value) || (by === "bot" ? "(no bot)" : "(not known)");
    return `${(numbers[at] ?? "").padStart(room)} ${bar(one.clicks, most, 20).padEnd(20)} ${name}`.slice(0, width);
  });
  const more = groups.length > shown.length ? [`and ${groups.length - shown.length} more: --json has them.`] : [];
  return [...rows, ...more, ...credit];
}
