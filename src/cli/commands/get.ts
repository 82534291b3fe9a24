import type { Command } from "commander";
import { clientOf } from "../client.ts";
import { describe } from "../link-lines.ts";
import { onTerminal, say, sayJson, table } from "../output.ts";
import { complete } from "../shell.ts";

/** `curt get SLUG`: one line for each field; in a pipe, name and value with a tab between. */
export function define(command: Command): void {
  command.argument("<slug>", "The link's slug.");
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const slug = command.args[0] ?? "";
    const link = await clientOf(context.config, context.interrupted).links.get(slug);
    const lines = describe(link);
    if (context.json) await sayJson(link);
    else await say((onTerminal() ? table(lines) : lines.map((line) => line.join("\t"))).join("\n"));
    return 0;
  });
}
