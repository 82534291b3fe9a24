import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listAll, query, slugsOf } from "../src/stores/contract/samples.ts";
import { LocalCommitter } from "../src/stores/sql/committer.ts";
import { verify } from "../src/stores/sql/scrub.ts";
import { openSqliteStore } from "../src/stores/sql/store.ts";

// Others may keep the machine busy.
setDefaultTimeout(60_000);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-committer-"));
  path = join(folder, "links.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const child = join(import.meta.dir, "committer-faults.child.ts");

/** Starts the child that inserts one link after the other and prints the slug of each that was acknowledged. */
function spawnChild(mode: string, shell = 'exec "$0" "$@"') {
  return Bun.spawn(["sh", "-c", shell, process.execPath, child, path, mode], {
    stdout: "pipe",
    stderr: "inherit",
    stdin: "pipe",
  });
}

/** Reads whole lines to the end; calls `then` once there are `count`. */
async function read(
  stream: ReadableStream<Uint8Array>,
  count = Number.POSITIVE_INFINITY,
  then?: () => void,
): Promise<string[]> {
  let text = "";
  let called = false;
  for await (const chunk of stream) {
    text += Buffer.from(chunk).toString();
    if (called || text.split("\n").length <= count) continue;
    called = true;
    then?.();
  }
  return text.split("\n").slice(0, -1);
}

describe("the committer", () => {
  test("kill -9 loses nothing that was acknowledged", async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const process = spawnChild(`kill-${round}`);
      acknowledged.push(...(await read(process.stdout, 60 + 31 * round, () => process.kill("SIGKILL"))));
      await process.exited;
      const committer = LocalCommitter.open(path);
      const store = openSqliteStore({ path, committer });
      for (const slug of acknowledged) expect(await store.links.find({ host: "", slug })).toBeDefined();
      await store.close();
      await committer.close();
    }
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(await verify(path, { pages: true })).toEqual([]);
  });

  test.skipIf(Bun.which("prlimit") === null)(
    "a full disk refuses whole commits, and writing goes on when there is room",
    async () => {
      // The child may not make a file longer than 2 MB, until the limit is lifted: like a full disk, EFBIG for ENOSPC.
      const process = spawnChild("limit", 'trap "" XFSZ; ulimit -S -f 2048; exec "$0" "$@"');
      const lines = await read(process.stdout);
      expect(await process.exited).toBe(0);
      const failed = lines.filter((line) => line.startsWith("failed "));
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.every((line) => line.includes("StoreUnavailable"))).toBe(true);
      const turn = lines.indexOf("lifted");
      expect(lines.slice(turn).filter((line) => line.startsWith("ok ")).length).toBeGreaterThan(10);
      const committer = LocalCommitter.open(path);
      const store = openSqliteStore({ path, committer });
      const there = new Set(slugsOf(await listAll(store.links, query({ limit: 1000 }))));
      for (const line of lines) if (line.startsWith("ok ")) expect(there.has(line.slice(3))).toBe(true);
      expect(await verify(path, { pages: true })).toEqual([]);
      await store.close();
      await committer.close();
    },
  );
});
