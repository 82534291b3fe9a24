import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** The file of the data folder that keeps the admin key. */
export function adminKeyFile(data: string): string {
  return join(data, "admin.key");
}

/** The key that a first start made, or `undefined` where none did. Throws if the file is there and can't be used. */
export function readAdminKey(data: string): string | undefined {
  const file = adminKeyFile(data);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
  const key = text.trim();
  if (key.length < 16) throw new Error(`${file} holds no key. Remove it to get a new one made.`);
  return key;
}

/** Makes a key with 256 random bits and keeps it, readable for its owner only; durable when it returns. */
export function makeAdminKey(data: string): string {
  const key = `curt_${crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true })}`;
  const file = adminKeyFile(data);
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, "wx", 0o600);
  writeSync(fd, `${key}\n`);
  fsyncSync(fd);
  closeSync(fd);
  // A link and not a rename: it would fail rather than put another key in the place of one that is there.
  linkSync(draft, file);
  rmSync(draft);
  syncFolder(dirname(file));
  return key;
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  fsyncSync(fd);
  closeSync(fd);
}
