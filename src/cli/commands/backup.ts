import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { backupStore } from "../../stores/sql/backup.ts";
import { backupsFolder } from "../backups.ts";
import { openToRead } from "../open-store.ts";
import { onTerminal, remark, say, sayJson } from "../output.ts";
import { complete } from "../shell.ts";

/** `curt backup`: a whole, checked copy of the store in a new folder, whose path is printed. */
export function define(command: Command): void {
  command.argument("[folder]", "A new folder; DATA/backups/TIME if left out.");
  complete(command, ["CURT_DATA", "CURT_STORE"], async ({ config, json, interrupted }) => {
    const name = new Date().toISOString().replaceAll(":", "-");
    const folder = resolve(command.args[0] ?? join(backupsFolder(config), name));
    const { close } = await openToRead(config);
    try {
      mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
      const manifest = await Promise.race([backupStore(config.storePath, folder), rejected(interrupted)]);
      if (json) await sayJson({ folder, ...manifest });
      else await say(folder);
      if (!json && onTerminal()) remark(`${manifest.links} links, ${manifest.bytes} bytes, checked.`);
      return 0;
    } catch (error) {
      if (interrupted.aborted) rmSync(`${folder}.part`, { recursive: true, force: true });
      throw error;
    } finally {
      await close();
    }
  });
}

/** Rejects as soon as the command is interrupted. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("Interrupted.")), { once: true });
  });
}
