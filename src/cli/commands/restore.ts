import { mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import type { Config } from "../../config.ts";
import { adminKeyFile } from "../../processes/admin-key.ts";
import { lockData } from "../../processes/lock.ts";
import { restoreStore } from "../../stores/sql/backup.ts";
import { backupsFolder, newestBackup } from "../backups.ts";
import { openToWrite, storeExists } from "../open-store.ts";
import { onTerminal, remark, say, sayJson } from "../output.ts";
import { CommandFailed, complete, WrongUsage } from "../shell.ts";

/** `curt restore`: puts a backup in place of the store, and moves what was there aside. */
export function define(command: Command): void {
  command
    .argument("[folder]", "The backup's folder; the newest of DATA/backups if left out.")
    .option("--yes", "Don't ask.");
  complete(command, ["CURT_DATA", "CURT_STORE"], async ({ config, json, interrupted }) => {
    const folder = resolve(command.args[0] ?? newestFolder(config));
    mkdirSync(config.data, { recursive: true, mode: 0o700 });
    mkdirSync(dirname(config.storePath), { recursive: true, mode: 0o700 });
    const lock = lockData(config);
    try {
      const asks = command.opts<{ yes?: boolean }>().yes !== true && storeExists(config);
      if (asks && !(await agreed(folder, config, interrupted))) throw new CommandFailed("Nothing was changed.");
      const { manifest, movedTo } = await restoreStore(folder, config.storePath);
      if (json)
        await sayJson({ folder, links: manifest.links, createdAt: manifest.createdAt, movedTo: movedTo ?? null });
      else await say(`${manifest.links} links as of ${manifest.createdAt}, from ${folder}`);
      if (!json && movedTo !== undefined) remark(`What was there is in ${movedTo}.`);
    } finally {
      lock.release();
    }
    if (!(await keptKeyWorks(config)))
      remark("The admin key that is kept is not the one of then. `curt key reset-admin` makes another.");
    return 0;
  });
}

function newestFolder(config: Config): string {
  const newest = newestBackup(config);
  if (newest === undefined) throw new CommandFailed(`There is no backup in ${backupsFolder(config)}. Name its folder.`);
  return newest.folder;
}

async function agreed(folder: string, config: Config, signal: AbortSignal): Promise<boolean> {
  if (process.stdin.isTTY !== true || !onTerminal())
    throw new WrongUsage(
      `This puts ${folder} in place of ${config.storePath}. Say --yes to do it without being asked.`,
    );
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`Put ${folder} in place of ${config.storePath}? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Whether the admin key of the data folder is known to the restored store, where both are there. */
async function keptKeyWorks(config: Config): Promise<boolean> {
  if (config.adminKey !== undefined) return true;
  let kept: string;
  try {
    kept = readFileSync(adminKeyFile(config.data), "utf8").trim();
  } catch {
    return true;
  }
  const { app, close } = await openToWrite({ ...config, slugs: "random", slugLength: 7 });
  try {
    return (await app.keys.find(kept)) !== undefined;
  } finally {
    await close();
  }
}
