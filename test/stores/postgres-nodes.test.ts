/** Several nodes on one Postgres: who makes the schema, who hears of what, who waits for whom. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { LinkStore } from "../../src/core/store.ts";
import { deleted, listAll, query, sample } from "../../src/stores/contract/samples.ts";
import { schemaVersion } from "../../src/stores/postgres/schema.ts";
import type { PostgresStoreOptions } from "../../src/stores/postgres/store.ts";
import { PostgresForTests, postgresIsThere } from "./postgres-for-tests.ts";

const postgres = await PostgresForTests.start();
afterEach(() => postgres.closeAll());
afterAll(() => postgres.stop());

describe.skipIf(!postgresIsThere)("several nodes on one postgres", () => {
  describe("several nodes at an empty database", () => {
    const openAll = (mutants: PostgresStoreOptions["mutants"]) => {
      const url = postgres.emptyUrl();
      return Promise.allSettled(Array.from({ length: 8 }, () => postgres.open({ url, mutants: mutants ?? [] })));
    };

    test("make one schema", async () => {
      const all = await openAll([]);
      expect(all.map((one) => one.status)).toEqual(all.map(() => "fulfilled"));
      const sql = postgres.direct();
      expect(await sql`SELECT schema FROM meta`.values()).toEqual([[schemaVersion]]);
    });

    test("run into each other without the lock", async () => {
      let failed = 0;
      for (let round = 0; round < 10 && failed === 0; round++)
        failed = (await openAll(["unlocked"])).filter((one) => one.status === "rejected").length;
      expect(failed).toBeGreaterThan(0);
    }, 20_000);

    test("make one schema as processes too", async () => {
      const url = postgres.emptyUrl();
      const script = `
        import { openPostgresStore } from ${JSON.stringify(`${import.meta.dir}/../../src/stores/postgres/store.ts`)};
        const store = await openPostgresStore({ url: ${JSON.stringify(url)} });
        await store.registry.put({ kind: "node", id: String(process.pid), value: "1", version: 1, expiresAt: null });
        await store.close();`;
      const nodes = [1, 2].map(() =>
        Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "inherit"] }),
      );
      expect(await Promise.all(nodes.map((node) => node.exited))).toEqual([0, 0]);
      expect(await (await postgres.open({ url })).registry.list("node")).toHaveLength(2);
    }, 20_000);
  });

  describe("the feed", () => {
    /** A change that was made before another, and committed after a reader has read that one. */
    async function late(mutants: PostgresStoreOptions["mutants"]): Promise<string[]> {
      const { links } = await postgres.open({ url: postgres.emptyUrl(), mutants: mutants ?? [] });
      const start = await links.changes(null, 1);
      const sql = postgres.direct();
      await sql`BEGIN`;
      await sql`INSERT INTO changes (host, slug, version) VALUES ('', 'slow', 1)`;
      await links.insert(sample("quick"));
      const heard: string[] = [];
      let cursor = start === "expired" ? "" : start.cursor;
      const read = async () => {
        const page = await links.changes(cursor, 100);
        if (page === "expired") throw new Error("The cursor expired.");
        heard.push(...page.changes.map((change) => change.slug));
        cursor = page.cursor;
      };
      await read();
      await read();
      expect(heard).toEqual(["quick"]);
      await sql`COMMIT`;
      await read();
      await read();
      return heard;
    }

    test("tells what a long transaction commits late, and holds up nothing meanwhile", async () => {
      expect(await late([])).toEqual(["quick", "slow"]);
    });

    test("would pass it by, if a cursor were a number", async () => {
      expect(await late(["hasty-feed"])).toEqual(["quick"]);
    });

    test("in small pages tells each change once, while others are made", async () => {
      const { links } = await postgres.open({ url: postgres.emptyUrl() });
      let cursor = await cursorOfNow(links);
      await links.insertMany(Array.from({ length: 50 }, (_, index) => sample(`p${index}`)));
      const heard: string[] = [];
      for (let round = 0; round < 40; round++) {
        const page = await links.changes(cursor, 3);
        if (page === "expired") throw new Error("The cursor expired.");
        heard.push(...page.changes.map((change) => change.slug));
        cursor = page.cursor;
        if (round < 10) await links.insert(sample(`q${round}`));
      }
      expect(heard).toHaveLength(60);
      expect(new Set(heard).size).toBe(60);
    });

    test("is cut to its length; a cursor from before has expired, and one of now goes on", async () => {
      const store = await postgres.open({ url: postgres.emptyUrl(), feedLength: 10 });
      const { links } = store;
      const old = await cursorOfNow(links);
      for (let index = 0; index < 30; index++) await links.insert(sample(`t${index}`));
      const present = await cursorOfNow(links);
      await store.feed.trim();
      expect(await links.changes(old, 10)).toBe("expired");
      await links.insert(sample("after"));
      expect(await links.changes(present, 10)).toMatchObject({ changes: [{ slug: "after", version: 1 }] });
      const sql = postgres.direct();
      expect(await sql`SELECT count(*)::integer FROM changes`.values()).toEqual([[12]]);
    });
  });

  test("inserts of the same slugs in opposite orders don't wait for each other", async () => {
    const url = postgres.emptyUrl();
    const handles = await Promise.all([postgres.open({ url }), postgres.open({ url })]);
    for (let round = 0; round < 10; round++) {
      const batch = () => Array.from({ length: 200 }, (_, index) => sample(`both-${round}-${index}`));
      const outcomes = await Promise.all([
        handles[0]?.links.insertMany(batch()),
        handles[1]?.links.insertMany(batch().reverse()),
      ]);
      expect(outcomes.flat().filter((one) => one?.outcome === "inserted")).toHaveLength(200);
    }
    expect(postgres.server.output()).not.toContain("deadlock");
  });

  test("what is deleted leaves nothing in the index", async () => {
    const { links } = await postgres.open({ url: postgres.emptyUrl() });
    const record = sample("gone", { title: "some words", tags: ["t"] });
    await links.insert(record);
    await links.replace(deleted(record));
    const sql = postgres.direct();
    expect(await sql`SELECT word FROM link_words`.values()).toEqual([]);
    expect(await listAll(links, query())).toEqual([]);
  });
});

async function cursorOfNow(links: LinkStore): Promise<string> {
  const page = await links.changes(null, 1);
  if (page === "expired") throw new Error("Now has expired.");
  return page.cursor;
}
