/** A start whose store is another server that can't be reached yet. */
import { afterEach, describe, expect, test } from "bun:test";
import { ask } from "./client.ts";
import { need } from "./install.ts";
import { until } from "./process-list.ts";
import { freePort, Server } from "./server.ts";
import { startPostgres } from "./servers/postgres.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function launch(env: Record<string, string>): Server {
  const server = new Server({ env, args: ["--workers", "1"], startLimit: 60_000 });
  ends.push(() => server.stop());
  server.launch();
  return server;
}

const says = (server: Server) => until(() => server.output().includes("trying again for"), 30_000);

describe("a start before its store", () => {
  test.skipIf(!need("postgres"))("waits, says so, and serves when the store is there", async () => {
    const postgres = await startPostgres();
    ends.push(() => postgres.stop());
    await postgres.kill9();
    const server = launch({ CURT_STORE: postgres.url });
    await says(server);
    expect(server.output()).toContain("no answer from 127.0.0.1:");
    expect(server.output()).not.toContain(postgres.password);
    await postgres.start();
    await server.ready();
    expect((await ask(server, "POST", "/api/v1/links", { url: "https://example.com/" })).status).toBe(201);
  });

  test.each(["postgres", "cassandra"])("over %s: ends in order when asked to while it waits", async (kind) => {
    const server = launch({ CURT_STORE: `${kind}://127.0.0.1:${freePort()}/curt` });
    await says(server);
    expect(await server.terminate()).toBe(0);
  });

  test("gives up when its time is over, with the reason", async () => {
    const server = launch({ CURT_STORE: `cassandra://127.0.0.1:${freePort()}/curt`, CURT_STORE_WAIT: "1" });
    expect(await server.ended(60_000)).toBe(1);
    expect(server.output()).toContain("curt: cassandra://127.0.0.1:");
    expect(server.output()).toContain("Look whether Cassandra runs there");
  });

  test.skipIf(!need("postgres"))("does not wait for a store that refuses", async () => {
    const postgres = await startPostgres();
    ends.push(() => postgres.stop());
    const server = launch({ CURT_STORE: postgres.url.replace(postgres.password, "wrong"), CURT_STORE_WAIT: "600" });
    expect(await server.ended(60_000)).toBe(1);
    expect(server.output()).toContain('user "curt" was refused');
    expect(server.output()).not.toContain("trying again");
  });
});
