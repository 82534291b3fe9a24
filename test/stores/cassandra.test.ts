import { afterAll } from "bun:test";
import { type CassandraStore, openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { describeStore } from "../../src/stores/contract.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

const keyspace = new Keyspace(await startCassandra());
afterAll(() => keyspace.drop(), 60_000);

describeStore("cassandra", async () => {
  await keyspace.empty();
  const handles: CassandraStore[] = [];
  const another = async () => {
    // So few links in a bucket that lists go through several.
    const store = await openCassandraStore({ url: keyspace.url, bucketSize: 5 });
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
