import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mappedFile } from "./mapped-file.ts";

test("a file that nobody may write is read", () => {
  // Not even root may open a program that runs to write it.
  const bytes = mappedFile(process.execPath);
  expect(bytes.length).toBe(statSync(process.execPath).size);
  if (process.platform === "linux") expect(bytes.toString("latin1", 1, 4)).toBe("ELF");
});

test("one that is not there, or empty, is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "curt-mapped-"));
  writeFileSync(join(folder, "kept"), "a word");
  writeFileSync(join(folder, "empty"), "");
  expect(mappedFile(join(folder, "kept")).toString()).toBe("a word");
  expect(() => mappedFile(join(folder, "missing"))).toThrow("ENOENT");
  expect(() => mappedFile(join(folder, "empty"))).toThrow("can't be mapped");
  rmSync(folder, { recursive: true });
});
