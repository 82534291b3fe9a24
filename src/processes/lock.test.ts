import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderLocked, lockData } from "./lock.ts";

const base = mkdtempSync(join(tmpdir(), "curt-lock-"));
afterAll(() => rmSync(base, { recursive: true }));

function place(name: string) {
  const data = mkdtempSync(join(base, name));
  return { data, storePath: join(data, "curt.db") };
}

/** A process that holds the lock until it is killed. */
async function holder(config: { data: string; storePath: string }) {
  // Kept, or the garbage collector would close it.
  const code = `globalThis.lock = require(${JSON.stringify(join(import.meta.dir, "lock.ts"))}).lockData(${JSON.stringify(config)});
    console.log("held"); setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await child.stdout.getReader().read();
  return child;
}

test("a second process is refused, with the number of the first", async () => {
  const config = place("second");
  const child = await holder(config);
  try {
    lockData(config);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(FolderLocked);
    expect((error as FolderLocked).pid).toBe(child.pid);
    expect((error as FolderLocked).message).toContain(`kill ${child.pid}`);
    expect((error as FolderLocked).message).toContain("CURT_DATA");
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});

test("a lock dies with its process, and what it left behind fools nobody", async () => {
  const config = place("stale");
  const child = await holder(config);
  child.kill("SIGKILL");
  await child.exited;
  // The number left behind may by now be that of a process that lives.
  writeFileSync(join(config.data, "curt.pid"), "1\n");
  const lock = lockData(config);
  lock.release();
  expect(existsSync(join(config.data, "curt.pid"))).toBe(false);
});

test("a store in another folder is locked too", () => {
  const one = place("one");
  const two = place("two");
  const lock = lockData(one);
  expect(() => lockData({ data: two.data, storePath: one.storePath })).toThrow(FolderLocked);
  lock.release();
  // What the failed one had locked already is free again.
  lockData({ data: two.data, storePath: one.storePath }).release();
  lockData(two).release();
});
