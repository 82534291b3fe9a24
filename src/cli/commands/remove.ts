import type { Command } from "commander";
import { clientOf } from "../client.ts";
import { onTerminal, plain, say, sayJson } from "../output.ts";
import { complete, wholeNumber } from "../shell.ts";

/** `curt remove SLUG`: deletes a link through the server. */
export function define(command: Command): void {
  command
    .argument("<slug>", "The link's slug.")
    .option("--if-version <number>", "Only if the link is at this version.", wholeNumber("--if-version", 1, 1e15));
  complete(command, ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"], async (context) => {
    const slug = command.args[0] ?? "";
    const { ifVersion } = command.opts<{ ifVersion?: number }>();
    await clientOf(context.config, context.interrupted).links.remove(slug, ifVersion);
    if (context.json) await sayJson({ slug, removed: true });
    else if (onTerminal()) await say(`/${plain(slug)} is deleted.`);
    return 0;
  });
}
