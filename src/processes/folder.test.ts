import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "./folder.ts";

// That the names are synced is held by the power cut proof: its data folder is new.
test("makes what is missing, for its owner only, and leaves alone what is there", () => {
  const base = mkdtempSync(join(tmpdir(), "curt-folder-"));
  const folder = join(base, "a", "b", "c");
  makeFolder(folder);
  for (const made of [folder, join(base, "a", "b"), join(base, "a")]) expect(statSync(made).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, "kept"), "");
  makeFolder(folder);
  expect(statSync(join(folder, "kept")).size).toBe(0);
  expect(() => makeFolder(join(folder, "kept"))).toThrow(/EEXIST/);
  rmSync(base, { recursive: true });
});
