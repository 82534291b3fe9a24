/** Index rows that lead to no link are found and removed, and no others. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { types } from "cassandra-driver";
import { encodeRecord } from "../../src/core/record.ts";
import { type CassandraStore, openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { listAll, query, sample, slugsOf } from "../../src/stores/contract/samples.ts";
import { need } from "../install.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

setDefaultTimeout(180_000);

/** Seen by every read from then on. */
const written = { prepare: true, consistency: types.consistencies.quorum };

describe.skipIf(!need("cassandra"))("the index of cassandra", () => {
  let keyspace: Keyspace;
  let store: CassandraStore;
  const linked = sample("linked", { title: "alpha beta" });
  const edited = sample("edited", { title: "gamma" });
  const pos = "1700000000000000abcdef";
  const bucket = "0".repeat(16);

  beforeAll(async () => {
    keyspace = new Keyspace(await startCassandra());
    store = await openCassandraStore({ url: keyspace.url });
    await store.links.insertMany([linked, edited]);
    await store.links.replace({ ...edited, title: "delta", version: 2 });
  });
  afterAll(async () => {
    await store.close();
    await keyspace.drop();
  }, 60_000);

  const indexed = (stem: string, word: string, at: string, slug: string) =>
    keyspace.client.execute(
      `INSERT INTO ${keyspace.name}.terms (bucket, stem, word, pos, host, slug) VALUES (?, ?, ?, ?, '', ?) USING TIMESTAMP 2`,
      [bucket, stem, word, at, slug],
      written,
    );
  const check = (repair: boolean, settle = 100) =>
    store.checkIndex({ repair, settle, signal: new AbortController().signal, onProgress: () => undefined });
  const titles = async (word: string) => slugsOf(await listAll(store.links, query({ search: word })));

  test("a whole one has nothing that dangles", async () => {
    // What an edit no longer has is removed behind it.
    for (let left = 50; left > 0 && (await check(false)).dangling > 0; left--);
    expect(await check(true)).toMatchObject({ dangling: 0, removed: 0, more: false });
  });

  test("rows of a writer that died are found, and removed when that is asked for", async () => {
    await indexed("n", "nobody", pos, "nobody");
    await indexed("*", "", pos, "nobody");
    // The link is there, and stands elsewhere.
    await indexed("a", "alpha", pos, "linked");
    expect(await check(false)).toMatchObject({ dangling: 3, removed: 0 });
    expect(await check(true)).toMatchObject({ dangling: 3, removed: 3 });
    expect(await check(true)).toMatchObject({ dangling: 0, removed: 0 });
    for (const [word, slug] of [
      ["alpha", "linked"],
      ["beta", "linked"],
      ["delta", "edited"],
    ] as const)
      expect([word, await titles(word)]).toEqual([word, [slug]]);
    expect(await titles("gamma")).toEqual([]);
  });

  test("a link that is being made keeps its rows", async () => {
    await indexed("l", "late", pos, "late");
    const checked = check(true, 2000);
    await Bun.sleep(500);
    const { client, name } = keyspace;
    await client.execute(
      `INSERT INTO ${name}.links (host, slug, version, doc, bucket, pos, writes) VALUES ('', 'late', 1, ?, ?, ?, 'w') IF NOT EXISTS`,
      [encodeRecord(sample("late", { title: "late" })), bucket, pos],
      written,
    );
    expect(await checked).toMatchObject({ dangling: 0, removed: 0 });
    // Without waiting for the writes under way it would have been taken for a dead one's.
    await indexed("l", "later", pos, "later");
    expect(await check(false, 0)).toMatchObject({ dangling: 1 });
  });
});
