import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { CommandFailed } from "./shell.ts";

/**
 * The key to show to the server: `CURT_KEY`, else `CURT_ADMIN_KEY`, else the one kept in the data folder. The kept one
 * is shown to this machine only, whatever `--server` says.
 */
export async function adminKeyOf(config: Config): Promise<string> {
  const given = config.key ?? config.adminKey;
  if (given !== undefined) return given;
  if (!isThisMachine(config.server))
    throw new CommandFailed(`${config.server} needs a key: give CURT_KEY. The admin key of ${config.data} stays here.`);
  const path = join(config.data, "admin.key");
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT")
      throw new CommandFailed(
        `There is no admin key at ${path}. Name the server's data folder (--data) or give CURT_KEY.`,
      );
    if (code === "EACCES" || code === "EPERM")
      throw new CommandFailed(
        `The admin key at ${path} is readable only by its owner. Give CURT_KEY, or be that user.`,
      );
    throw error;
  }
}

function isThisMachine(server: string): boolean {
  return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(server).hostname);
}
