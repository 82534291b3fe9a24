import { afterAll } from "bun:test";
import { describeStore } from "../../src/stores/contract.ts";
import { openPostgresStore, type PostgresStore } from "../../src/stores/postgres/store.ts";
import { startPostgres } from "../servers/postgres.ts";

const server = await startPostgres();
afterAll(() => server.stop());

let made = 0;

describeStore("postgres", async () => {
  // Each test has a schema of its own.
  const url = `${server.url}?schema=test_${++made}`;
  const handles: PostgresStore[] = [];
  const another = async () => {
    const store = await openPostgresStore({ url });
    handles.push(store);
    return store;
  };
  const closeAll = async () => {
    for (const store of handles.splice(0)) await store.close();
  };
  return {
    store: await another(),
    another,
    reopen: async () => {
      await closeAll();
      return another();
    },
    dispose: closeAll,
  };
});
