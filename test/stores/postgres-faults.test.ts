/** The Postgres store in bad weather: its server killed, silent, unreachable, its answers lost. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { LinkRecord } from "../../src/core/link.ts";
import { type InsertOutcome, type LinkStore, StoreUnavailable } from "../../src/core/store.ts";
import { deleted, listAll, next, query, sample } from "../../src/stores/contract/samples.ts";
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "../../src/stores/postgres/store.ts";
import { encodeRecord } from "../../src/stores/record.ts";
import { need } from "../install.ts";
import { startPostgres } from "../servers/postgres.ts";
import { LossyProxy } from "./lossy-proxy.ts";

const there = need("postgres");
const server = there ? await startPostgres() : undefined;
afterAll(() => server?.stop());

let schemas = 0;
const opened: PostgresStore[] = [];
const sqls: Bun.SQL[] = [];
afterEach(async () => {
  server?.resume();
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await Promise.all(sqls.splice(0).map((sql) => sql.close({ timeout: 1 })));
});

function running() {
  if (server === undefined) throw new Error("Postgres is not installed.");
  return server;
}

/** The address of an empty store, by way of the proxy if there is one. */
function emptyUrl(proxy?: LossyProxy): string {
  const url = new URL(`${running().url}?schema=fault_${++schemas}`);
  if (proxy !== undefined) url.port = String(proxy.port);
  return url.href;
}

async function open(options: PostgresStoreOptions): Promise<PostgresStore> {
  const store = await openPostgresStore(options);
  opened.push(store);
  return store;
}

/** A connection of the test's own to the store's schema. */
function direct(): Bun.SQL {
  const sql = new Bun.SQL(running().url, { max: 1, connection: { search_path: `fault_${schemas}` } });
  sqls.push(sql);
  return sql;
}

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

describe.skipIf(!there)("postgres in bad weather", () => {
  describe("a server killed with -9 in the middle of inserts", () => {
    /** Inserts 1,000 links while the server is killed and started again, and compares what was answered with what is there. */
    async function lossOf(mutants: PostgresStoreOptions["mutants"]) {
      const url = emptyUrl();
      const store = await open({ url, mutants: mutants ?? [] });
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
      await running().restart();
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
      const proxy = new LossyProxy(running().port);
      try {
        const store = await open({ url: emptyUrl(proxy), mutants: mutants ?? [] });
        const sql = direct();
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
      const store = await open({ url: emptyUrl() });
      const { links, registry } = store;
      const record = sample("a");
      await links.insert(record);
      running().pause();
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
      running().resume();
      const back = performance.now();
      await until(async () => (await unavailable(links.find(record))) === "answered");
      await until(async () => (await unavailable(links.insert(sample("d")))) === "answered");
      expect(performance.now() - back).toBeLessThan(5000);
    }, 30_000);

    test("holds calls up for as long as the deadline is: without one, for ever", async () => {
      const { links } = await open({ url: emptyUrl(), readLimit: 60_000 });
      await links.find(sample("a"));
      running().pause();
      const call = unavailable(links.find(sample("a")));
      expect(await Promise.race([call, Bun.sleep(1500).then(() => "silent")])).toBe("silent");
      running().resume();
      expect(await call).toBe("answered");
    });
  });

  test("a dead server is refused at once, and used again when it is back", async () => {
    const { links } = await open({ url: emptyUrl() });
    const record = sample("a");
    await links.insert(record);
    await running().kill9();
    const began = performance.now();
    for (let round = 0; round < 20; round++) {
      expect(await unavailable(links.find(record))).toBe("unavailable");
      expect(await unavailable(links.insert(sample("b")))).toBe("unavailable");
    }
    // The first insert may have been sent to the dying server, and is tried again until its deadline.
    expect(performance.now() - began).toBeLessThan(7000);
    await running().start();
    expect(await links.find(record)).toEqual(record);
    expect((await links.insert(sample("c"))).outcome).toBe("inserted");
  }, 20_000);

  describe("several nodes at an empty database", () => {
    const openAll = (mutants: PostgresStoreOptions["mutants"]) => {
      const url = emptyUrl();
      return Promise.allSettled(Array.from({ length: 8 }, () => open({ url, mutants: mutants ?? [] })));
    };

    test("make one schema", async () => {
      const all = await openAll([]);
      expect(all.map((one) => one.status)).toEqual(all.map(() => "fulfilled"));
      const sql = direct();
      expect(await sql`SELECT schema FROM meta`.values()).toEqual([[1]]);
    });

    test("run into each other without the lock", async () => {
      let failed = 0;
      for (let round = 0; round < 10 && failed === 0; round++)
        failed = (await openAll(["unlocked"])).filter((one) => one.status === "rejected").length;
      expect(failed).toBeGreaterThan(0);
    }, 20_000);

    test("make one schema as processes too", async () => {
      const url = emptyUrl();
      const script = `
        import { openPostgresStore } from ${JSON.stringify(`${import.meta.dir}/../../src/stores/postgres/store.ts`)};
        const store = await openPostgresStore({ url: ${JSON.stringify(url)} });
        await store.registry.put({ kind: "node", id: String(process.pid), value: "1", version: 1, expiresAt: null });
        await store.close();`;
      const nodes = [1, 2].map(() =>
        Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "inherit"] }),
      );
      expect(await Promise.all(nodes.map((node) => node.exited))).toEqual([0, 0]);
      expect(await (await open({ url })).registry.list("node")).toHaveLength(2);
    }, 20_000);
  });

  describe("the feed", () => {
    /** A change that was made before another, and committed after a reader has read that one. */
    async function late(mutants: PostgresStoreOptions["mutants"]): Promise<string[]> {
      const { links } = await open({ url: emptyUrl(), mutants: mutants ?? [] });
      const start = await links.changes(null, 1);
      const sql = direct();
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
      const { links } = await open({ url: emptyUrl() });
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
      const store = await open({ url: emptyUrl(), feedLength: 10 });
      const { links } = store;
      const old = await cursorOfNow(links);
      for (let index = 0; index < 30; index++) await links.insert(sample(`t${index}`));
      const present = await cursorOfNow(links);
      await store.feed.trim();
      expect(await links.changes(old, 10)).toBe("expired");
      await links.insert(sample("after"));
      expect(await links.changes(present, 10)).toMatchObject({ changes: [{ slug: "after", version: 1 }] });
      const sql = direct();
      expect(await sql`SELECT count(*)::integer FROM changes`.values()).toEqual([[12]]);
    });
  });

  test("inserts of the same slugs in opposite orders don't wait for each other", async () => {
    const url = emptyUrl();
    const handles = await Promise.all([open({ url }), open({ url })]);
    for (let round = 0; round < 10; round++) {
      const batch = () => Array.from({ length: 200 }, (_, index) => sample(`both-${round}-${index}`));
      const outcomes = await Promise.all([
        handles[0]?.links.insertMany(batch()),
        handles[1]?.links.insertMany(batch().reverse()),
      ]);
      expect(outcomes.flat().filter((one) => one?.outcome === "inserted")).toHaveLength(200);
    }
    expect(running().output()).not.toContain("deadlock");
  });

  test("what is deleted leaves nothing in the index", async () => {
    const { links } = await open({ url: emptyUrl() });
    const record = sample("gone", { title: "some words", tags: ["t"] });
    await links.insert(record);
    await links.replace(deleted(record));
    const sql = direct();
    expect(await sql`SELECT word FROM link_words`.values()).toEqual([]);
    expect(await listAll(links, query())).toEqual([]);
  });
});

async function cursorOfNow(links: LinkStore): Promise<string> {
  const page = await links.changes(null, 1);
  if (page === "expired") throw new Error("Now has expired.");
  return page.cursor;
}
