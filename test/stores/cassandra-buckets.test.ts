/** Lists over hundreds of buckets, which a cluster of a few links does not have by itself. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { LinkRecord } from "../../src/core/link.ts";
import { type CassandraStore, openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { listAll, query, sample, slugsOf } from "../../src/stores/contract/samples.ts";
import { need } from "../install.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

setDefaultTimeout(180_000);

describe.skipIf(!need("cassandra"))("cassandra with many buckets", () => {
  let keyspace: Keyspace;
  const stores: CassandraStore[] = [];
  const records: LinkRecord[] = [];
  const strays: LinkRecord[] = [];
  const same = "https://example.org/same";

  beforeAll(async () => {
    keyspace = new Keyspace(await startCassandra());
    let now = Date.now() - 86_400_000;
    // Each link ends its bucket, and the next one comes when the new one has begun.
    const clock = () => (now += 2000);
    for (let count = 0; count < 2; count++)
      stores.push(await openCassandraStore({ url: keyspace.url, clock, bucketSize: 1 }));
    const [store, other] = stores as [CassandraStore, CassandraStore];
    for (let index = 0; index < 230; index++) {
      const record = sample(`bucket-${index}`, {
        title: index % 2 === 0 ? "even" : "odd",
        tags: index % 50 === 0 ? ["seldom"] : [],
        url: index % 40 === 0 ? same : "https://example.org/other",
      });
      records.push(record);
      await store.links.insert(record);
      // It knows nothing of buckets that began since it looked.
      if (index > 200) {
        const stray = sample(`stray-${index}`, { title: "stray" });
        strays.push(stray);
        await other.links.insert(stray);
      }
    }
  }, 180_000);
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await keyspace.drop();
  }, 60_000);

  const links = () => (stores[0] as CassandraStore).links;

  test("there are many", async () => {
    const found = await keyspace.client.execute(`SELECT item FROM ${keyspace.name}.directory WHERE entry = '*'`);
    expect(found.rowLength).toBeGreaterThan(150);
  });

  for (const order of ["newest", "oldest"] as const)
    test(`${order} first: all, by words of any length, by tag, in order`, async () => {
      const sorted = (keep: (record: LinkRecord, index: number) => boolean) => {
        const kept = records.filter(keep);
        return slugsOf(order === "newest" ? kept.toReversed() : kept);
      };
      const found = async (change: Parameters<typeof query>[0]) =>
        slugsOf(await listAll(links(), query({ order, ...change })));
      for (const limit of [7, 1000])
        expect((await found({ limit })).filter((slug) => !slug.startsWith("stray"))).toEqual(sorted(() => true));
      expect(await found({ search: "even" })).toEqual(sorted((_, index) => index % 2 === 0));
      expect(await found({ search: "ev", limit: 10 })).toEqual(sorted((_, index) => index % 2 === 0));
      expect(await found({ tag: "seldom" })).toEqual(sorted((_, index) => index % 50 === 0));
      expect(new Set(await found({ search: "stray", limit: 4 }))).toEqual(new Set(slugsOf(strays)));
    });

  test("findByTarget goes through all of them, oldest first", async () => {
    const wanted = records.filter((record) => record.url === same);
    expect(await links().findByTarget("", same, 100)).toEqual(wanted);
    expect(await links().findByTarget("", same, 2)).toEqual(wanted.slice(0, 2));
    expect(await links().findByTarget("", "https://example.org/other", 100)).toEqual(
      records.filter((record) => record.url !== same).slice(0, 100),
    );
  });
});
