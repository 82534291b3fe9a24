import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { BackupManifest } from "../stores/sql/backup.ts";

/** A backup in the data folder. */
export interface KnownBackup {
  readonly folder: string;
  readonly links: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** Where backups go that are given no folder. */
export function backupsFolder(config: Config): string {
  return join(config.data, "backups");
}

/** The newest whole backup of the data folder. What is no backup there is passed over. */
export function newestBackup(config: Config): KnownBackup | undefined {
  const folder = backupsFolder(config);
  return namesIn(folder)
    .flatMap((name) => read(join(folder, name)) ?? [])
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .at(0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.endsWith(".part"));
  } catch {
    return [];
  }
}

function read(folder: string): KnownBackup | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Partial<BackupManifest>;
    const { format, createdAt, links } = manifest;
    if (format !== "curt-backup" || createdAt === undefined || links === undefined) return undefined;
    return { folder, links, createdAt };
  } catch {
    return undefined;
  }
}
