import type { Command } from "commander";
import type { SettingName } from "../../config.ts";
import { runMain } from "../../main.ts";
import { complete } from "../shell.ts";

const serverSettings: readonly SettingName[] = [
  "CURT_PORT",
  "CURT_HOST",
  "CURT_BASE_URL",
  "CURT_DATA",
  "CURT_STORE",
  "CURT_STORE_WAIT",
  "CURT_CACHE",
  "CURT_WORKERS",
  "CURT_ADMIN_KEY",
  "CURT_PUBLIC_CREATE",
  "CURT_SLUGS",
  "CURT_SLUG_LENGTH",
  "CURT_REDIRECT_STATUS",
  "CURT_TRUSTED_PROXIES",
  "CURT_CLICKS",
  "CURT_GEO",
  "CURT_LOG",
  "CURT_MUTANT",
];

/** `curt serve`: runs until Ctrl-C or SIGTERM. */
export function define(command: Command): void {
  command.option("--demo", "Keep everything in a folder that is wiped at launch, and let anyone make links.");
  const serve = (config: Parameters<typeof runMain>[0]) =>
    runMain(config, { demo: command.opts<{ demo?: boolean }>().demo === true });
  complete(command, serverSettings, ({ config }) => serve(config), { ownSignals: true });
}
