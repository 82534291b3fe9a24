import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a process that takes out a lifeline on removing a file and then runs `ending`; tells whether the file is gone. */
async function fileGoneAfter(ending: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "curt-lifeline-"));
  const file = join(folder, "file");
  await Bun.write(file, "");
  const module = join(import.meta.dir, "..", "deploy", "processes", "lifeline.ts");
  const program = `
    import { lifeline } from ${JSON.stringify(module)};
    const callOff = lifeline('rm -- "$1"', [${JSON.stringify(file)}]);
    ${ending}`;
  await Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "ignore", "inherit"] }).exited;
  const until = Date.now() + 1000;
  while (existsSync(file) && Date.now() < until) await Bun.sleep(10);
  const gone = !existsSync(file);
  rmSync(folder, { recursive: true });
  return gone;
}

test("what a killed process had started is ended by its lifeline, unless that was called off", async () => {
  expect(await fileGoneAfter('process.kill(process.pid, "SIGKILL")')).toBe(true);
  expect(await fileGoneAfter("process.exit(0)")).toBe(true);
  expect(await fileGoneAfter("callOff()")).toBe(false);
});
