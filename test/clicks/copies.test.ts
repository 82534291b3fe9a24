/** A data folder that was copied while its server was off, and both at work over one store: what is counted is exact. */
import { expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { need } from "../install.ts";
import { startServer } from "../server.ts";
import { startPostgres } from "../servers/postgres.ts";
import { Counts } from "./counts.ts";
import { makeLinks, settled, visitors } from "./visitors.ts";

test.skipIf(!need("postgres"))("two copies of a data folder lose no click and count none twice", async () => {
  const postgres = await startPostgres();
  const env = { CURT_STORE: postgres.url };
  const args = ["--workers", "1"];
  const copy = join(mkdtempSync(join(tmpdir(), "curt-copy-")), "data");
  const first = await startServer({ env, args, startLimit: 60_000 });
  let second: Awaited<ReturnType<typeof startServer>> | undefined;
  const counts = await Counts.open({ CURT_DATA: first.dataDir, ...env });
  try {
    const slugs = await makeLinks(first, 10);
    const before = visitors(first, slugs, 4);
    await Bun.sleep(1500);
    await before.stop();
    await first.terminate();
    cpSync(first.dataDir, copy, { recursive: true, preserveTimestamps: true });
    first.launch();
    await first.ready();
    second = await startServer({ env, args, dataDir: copy, startLimit: 60_000 });
    const loads = [visitors(first, slugs, 4), visitors(second, slugs, 4)];
    await Bun.sleep(4000);
    for (const load of loads) await load.stop();
    const received = [before, ...loads].reduce((sum, { tallied }) => sum + tallied.received, 0);
    const counted = await settled(
      () => counts.sum(slugs),
      (count) => count === received,
    );
    expect(counted).toBe(received);
    const writerOf = (data: string) => readFileSync(join(data, "journal", "node.json"), "utf8");
    expect(writerOf(first.dataDir)).not.toBe(writerOf(copy));
    expect(first.output() + second.output()).toContain("it is a copy");
  } finally {
    await counts.close();
    await first.stop();
    await second?.stop();
    await postgres.stop();
    rmSync(join(copy, ".."), { recursive: true, force: true });
  }
});
