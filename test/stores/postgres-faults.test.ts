/** The Postgres store in bad weather: its server killed, silent or dead, its answers lost. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { LinkRecord } from "../../src/core/link.ts";
import { encodeRecord } from "../../src/core/record.ts";
import { type InsertOutcome, StoreUnavailable } from "../../src/core/store.ts";
import { next, query, sample } from "../../src/stores/contract/samples.ts";
import type { PostgresStore, PostgresStoreOptions } from "../../src/stores/postgres/store.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import { PostgresForTests, postgresIsThere } from "./postgres-for-tests.ts";

const postgres = await PostgresForTests.start();
afterEach(() => postgres.closeAll());
afterAll(() => postgres.stop());

async function until(done: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!(await done())) {
    if (performance.now() > limit) throw new Error("It did not happen within 10 s.");
    await Bun.sleep(10);
  }
}

const unavailable = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: unknown) => (error instanceof StoreUnavailable ? "unavailable" : String(error)),
  );

describe.skipIf(!postgresIsThere)("postgres in bad weather", () => {
  describe("a server killed with -9 in the middle of inserts", () => {
    /** Inserts 1,000 links while the server is killed and started again, and compares what was answered with what is there. */
    async function lossOf(mutants: PostgresStoreOptions["mutants"]) {
      const url = postgres.emptyUrl();
      const store = await postgres.open({ url, mutants: mutants ?? [] });
      const records = Array.from({ length: 1000 }, (_, index) => sample(`kill-${index}`));
      const answers = new Map<LinkRecord, InsertOutcome["outcome"] | "unavailable">();
      let begun = 0;
      const client = async () => {
        for (let record = records[begun++]; record !== undefined; record = records[begun++]) {
          const answer = await store.links.insert(record).catch((error: unknown) => {
            if (error instanceof StoreUnavailable) return { outcome: "unavailable" as const };
            throw error;
          });
          answers.set(record, answer.outcome);
        }
      };
      const clients = Array.from({ length: 20 }, client);
      await until(async () => answers.size >= 300);
      await postgres.server.restart();
      await Promise.all(clients);
      const found = await Promise.all(records.map((record) => store.links.find(record)));
      const inserted = records.filter((record) => answers.get(record) === "inserted");
      return {
        inserted: inserted.length,
        lost: inserted.filter((record) => found[records.indexOf(record)]?.token !== record.token).length,
        taken: records.filter((record) => answers.get(record) === "taken").length,
      };
    }

    test("loses none that was acknowledged, and takes none of its own for somebody else's", async () => {
      const { inserted, lost, taken } = await lossOf([]);
      expect({ lost, taken }).toEqual({ lost: 0, taken: 0 });
      expect(inserted).toBeGreaterThan(300);
    }, 30_000);

    test("loses some when the server answers before its disk has the data", async () => {
      let lost = 0;
      for (let round = 0; round < 5 && lost === 0; round++) lost = (await lossOf(["unsynced"])).lost;
      expect(lost).toBeGreaterThan(0);
    }, 60_000);
  });

  describe("an answer that was lost", () => {
    /** Makes a write whose answer is lost after it was carried out, and gives what the caller is told. */
    async function told<T>(
      mutants: PostgresStoreOptions["mutants"],
      write: (store: PostgresStore) => Promise<T>,
      carriedOut: (sql: Bun.SQL) => Promise<unknown[]>,
    ): Promise<T> {
      const proxy = new LossyProxy(postgres.server.port);
      try {
        const store = await postgres.open({ url: postgres.emptyUrl(proxy), mutants: mutants ?? [] });
        const sql = postgres.direct();
        await sql`INSERT INTO links (id, host, slug, version, doc, write_id) VALUES (1000, '', 'edited', 1, ${encodeRecord(edited)}, '')`;
        proxy.loseFrom("unheard");
        const answer = write(store);
        await until(async () => (await carriedOut(sql)).length > 0);
        proxy.cut();
        return await answer;
      } finally {
        proxy.close();
      }
    }
    const edited = sample("edited");
    const made = sample("made", { title: "unheard" });
    const edit = next(edited, { title: "unheard" });
    const document = { kind: "k", id: "put", value: '"unheard"', version: 1, expiresAt: null };
    const insert = (mutants: PostgresStoreOptions["mutants"]) =>
      told(
        mutants,
        (store) => store.links.insert(made),
        (sql) => sql`SELECT 1 FROM links WHERE slug = 'made'`,
      );
    const replace = (mutants: PostgresStoreOptions["mutants"]) =>
      told(
        mutants,
        (store) => store.links.replace(edit),
        (sql) => sql`SELECT 1 FROM links WHERE version = 2`,
      );
    const put = (mutants: PostgresStoreOptions["mutants"]) =>
      told(
        mutants,
        (store) => store.registry.put(document),
        (sql) => sql`SELECT 1 FROM registry WHERE id = 'put'`,
      );

    test("is looked up", async () => {
      expect(await insert([])).toEqual({ outcome: "inserted", record: made });
      expect(await replace([])).toEqual({ outcome: "replaced", record: edit });
      expect(await put([])).toEqual({ outcome: "stored" });
    }, 20_000);

    test("is guessed wrong without the names of the writes", async () => {
      expect((await insert(["tokenless"])).outcome).toBe("taken");
      expect((await replace(["tokenless"])).outcome).toBe("conflict");
      expect((await put(["tokenless"])).outcome).toBe("conflict");
    }, 20_000);
  });

  describe("a silent server", () => {
    test("ends every call in time, refuses the next at once, and is used again when it is back", async () => {
      const store = await postgres.open({ url: postgres.emptyUrl() });
      const { links, registry } = store;
      const record = sample("a");
      await links.insert(record);
      postgres.server.pause();
      const timed = async (call: Promise<unknown>) => {
        const began = performance.now();
        return [await unavailable(call), performance.now() - began] as const;
      };
      const reads = Array.from({ length: 100 }, () => timed(links.find(record)));
      const document = { kind: "k", id: "i", value: "1", version: 1, expiresAt: null };
      const writes = [
        links.insert(sample("b")),
        links.insertMany([sample("c")]),
        links.replace(next(record)),
        links.list(query({ search: "a" })),
        registry.put(document),
      ].map(timed);
      for (const [answer, took] of await Promise.all([
        ...reads,
        timed(registry.get("k", "i")),
        timed(links.changes(null, 1)),
      ])) {
        expect(answer).toBe("unavailable");
        expect(took).toBeLessThan(1500);
      }
      const [answer, took] = await timed(links.find(record));
      expect(answer).toBe("unavailable");
      expect(took).toBeLessThan(50);
      for (const [answer, took] of await Promise.all(writes)) {
        expect(answer).toBe("unavailable");
        expect(took).toBeLessThan(6000);
      }
      postgres.server.resume();
      const back = performance.now();
      await until(async () => (await unavailable(links.find(record))) === "answered");
      await until(async () => (await unavailable(links.insert(sample("d")))) === "answered");
      expect(performance.now() - back).toBeLessThan(5000);
    }, 30_000);

    test("holds calls up for as long as the deadline is: without one, for ever", async () => {
      const { links } = await postgres.open({ url: postgres.emptyUrl(), readLimit: 60_000 });
      await links.find(sample("a"));
      postgres.server.pause();
      const call = unavailable(links.find(sample("a")));
      expect(await Promise.race([call, Bun.sleep(1500).then(() => "silent")])).toBe("silent");
      postgres.server.resume();
      expect(await call).toBe("answered");
    });
  });

  test("a dead server is refused at once, and used again when it is back", async () => {
    const { links } = await postgres.open({ url: postgres.emptyUrl() });
    const record = sample("a");
    await links.insert(record);
    await postgres.server.kill9();
    const began = performance.now();
    for (let round = 0; round < 20; round++) {
      expect(await unavailable(links.find(record))).toBe("unavailable");
      expect(await unavailable(links.insert(sample("b")))).toBe("unavailable");
    }
    // The first insert may have been sent to the dying server, and is tried again until its deadline.
    expect(performance.now() - began).toBeLessThan(7000);
    await postgres.server.start();
    expect(await links.find(record)).toEqual(record);
    expect((await links.insert(sample("c"))).outcome).toBe("inserted");
  }, 20_000);
});
