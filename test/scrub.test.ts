/** Damage that no read notices is found while the server serves. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, follow } from "./client.ts";
import { healthy, startWhole } from "./command.ts";
import { until, workersOf } from "./process-list.ts";

const apart = { connection: "close" };

test("a flip in the index is found by the scrub, and from then on an unknown slug gets 503, never 404", async () => {
  const server = await startWhole();
  try {
    const make = (slug: string) => ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug }, apart);
    const statusOf = async (slug: string) => (await follow(server, slug, apart)).status;
    for (const slug of ["a-needle", "straw-1", "straw-2"]) expect((await make(slug)).status).toBe(201);
    process.kill(server.pid, "SIGUSR1");
    await until(() => server.output().includes("No damage was found."), 10_000);
    expect(await statusOf("nobody")).toBe(404);

    expect(await server.terminate()).toBe(0);
    flipInIndex(join(server.dataDir, "curt.db"), "a-needle");
    await server.restart();
    // Nothing at the start shows it: the slug looks unknown.
    expect(await statusOf("a-needle")).toBe(404);
    await until(() => server.output().split("Curt on ").length === 3, 10_000);
    process.kill(server.pid, "SIGUSR1");
    await until(() => server.output().includes("nothing is written"), 10_000);
    await Bun.sleep(100);
    // Whichever worker is asked, and though one remembers that it was unknown.
    for (let i = 0; i < 10; i++) expect(await statusOf("a-needle")).toBe(503);
    expect(await statusOf("straw-1")).toBe(302);
    expect((await make("a-needle")).status).toBe(503);

    // Those that start later know it too.
    for (const worker of workersOf(server.pid)) process.kill(worker, "SIGKILL");
    await until(() => healthy(server), 3000);
    expect(await statusOf("nobody")).toBe(503);
  } finally {
    await server.stop();
  }
}, 60_000);

/** Changes one letter of a slug where it stands in the slug index of a closed database, and nowhere else. */
function flipInIndex(file: string, slug: string): void {
  const database = new Database(file, { readonly: true });
  const { rootpage } = database
    .query<{ rootpage: number }, []>("SELECT rootpage FROM sqlite_schema WHERE name = 'links_by_slug'")
    .get() ?? { rootpage: 0 };
  const { page_size } = database.query<{ page_size: number }, []>("PRAGMA page_size").get() ?? { page_size: 4096 };
  database.close();
  const bytes = readFileSync(file);
  const start = (rootpage - 1) * page_size;
  const at = bytes.subarray(start, start + page_size).indexOf(slug);
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt8("b".charCodeAt(0), start + at);
  writeFileSync(file, bytes);
}
