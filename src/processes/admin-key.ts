import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "../stores/sql/mark.ts";

/** The file of the data folder that keeps the admin key. */
export function adminKeyFile(data: string): string {
  return join(data, "admin.key");
}

/** Keeps the key, readable for its owner only, whole or not at all; durable when it returns. */
export function keepAdminKey(data: string, key: string): void {
  const file = adminKeyFile(data);
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, "wx", 0o600);
  try {
    writeSync(fd, `${key}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  syncDirectory(file);
}
