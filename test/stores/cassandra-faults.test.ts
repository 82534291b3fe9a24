/** The Cassandra store in bad weather: nodes killed and stopped, answers lost, writers that die half-way, clocks apart. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Client, errors, type types } from "cassandra-driver";
import type { LinkRecord } from "../../src/core/link.ts";
import { type LinkStore, StoreUnavailable } from "../../src/core/store.ts";
import { addressOf } from "../../src/stores/cassandra/address.ts";
import type { CassandraMutant } from "../../src/stores/cassandra/mutants.ts";
import { prepare } from "../../src/stores/cassandra/start.ts";
import { CassandraStore, type CassandraStoreOptions, openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { Lanes } from "../../src/stores/cassandra/turns.ts";
import { deleted, listAll, next, query, sample } from "../../src/stores/contract/samples.ts";
import { need } from "../install.ts";
import { type Cassandra, startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

const there = need("cassandra");
setDefaultTimeout(180_000);

describe.skipIf(!there)("cassandra in bad weather", () => {
  let cluster: Cassandra;
  let keyspace: Keyspace;
  const opened: CassandraStore[] = [];
  let slugs = 0;
  const fresh = (change: Partial<LinkRecord> = {}) => sample(`fault-${++slugs}`, change);

  async function open(options: Partial<CassandraStoreOptions> = {}): Promise<CassandraStore> {
    const store = await openCassandraStore({ url: keyspace.url, ...options });
    opened.push(store);
    return store;
  }

  beforeAll(async () => {
    cluster = await startCassandra();
    keyspace = new Keyspace(cluster);
    await (await openCassandraStore({ url: keyspace.url })).close();
  }, 180_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    await cluster.heal();
    await keyspace.drop();
  }, 180_000);

  const told = (call: Promise<unknown>) =>
    call.then(
      (value) => (value === undefined ? "absent" : "answered"),
      (error: unknown) => (error instanceof StoreUnavailable ? "unavailable" : String(error)),
    );
  const timed = async (call: Promise<unknown>) => {
    const began = performance.now();
    return [await told(call), performance.now() - began] as const;
  };
  async function until(limit: number, done: () => Promise<boolean>): Promise<number> {
    const began = performance.now();
    while (!(await done())) {
      if (performance.now() - began > limit) throw new Error(`It did not happen within ${limit} ms.`);
      await Bun.sleep(20);
    }
    return performance.now() - began;
  }

  describe("20 concurrent inserts of one slug through two clients", () => {
    async function winners(mutants: CassandraMutant[]): Promise<number> {
      const stores = [await open({ mutants }), await open({ mutants })];
      const { slug } = fresh();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (stores[index % 2] as CassandraStore).links.insert(sample(slug, { title: `${index}` })),
        ),
      );
      const owner = await (stores[0] as CassandraStore).links.find({ host: "", slug });
      for (const outcome of outcomes)
        if (outcome.outcome === "taken" && mutants.length === 0) expect([outcome.by]).toEqual([owner as LinkRecord]);
      return outcomes.filter((outcome) => outcome.outcome === "inserted").length;
    }

    test("have one owner", async () => {
      for (let round = 0; round < 5; round++) expect(await winners([])).toBe(1);
    });

    test("have several, if the write has no condition", async () => {
      let most = 0;
      for (let round = 0; round < 20 && most < 2; round++) most = await winners(["unconditional"]);
      expect(most).toBeGreaterThan(1);
    });
  });

  describe("an answer that was lost", () => {
    type Fault = (carryOut: () => Promise<types.ResultSet>) => Promise<types.ResultSet>;
    /** A store whose next conditional write meets with `fault`. */
    async function faulty(fault: Fault, mutants: CassandraMutant[] = []): Promise<CassandraStore> {
      const address = addressOf(keyspace.url);
      if (address === undefined) throw new Error("No address.");
      const { client, store } = await prepare(address);
      let left = 1;
      const wrapped = new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== "execute") return typeof value === "function" ? value.bind(target) : value;
          return (...args: Parameters<Client["execute"]>) => {
            const carryOut = () => target.execute(...args) as unknown as Promise<types.ResultSet>;
            return left > 0 && (/ IF /.test(args[0]) || mutants.includes("unconditional")) && left-- > 0
              ? fault(carryOut)
              : carryOut();
          };
        },
      });
      const made = new CassandraStore({ client: wrapped, store }, address.shown, { url: keyspace.url, mutants });
      opened.push(made);
      return made;
    }
    const lost: Fault = async (carryOut) => {
      await carryOut();
      throw new errors.OperationTimedOutError("The answer was lost.");
    };
    const unsent: Fault = () => Promise.reject(new errors.OperationTimedOutError("The question was lost."));
    const document = () => ({ kind: "k", id: crypto.randomUUID(), value: "1", version: 1, expiresAt: null });

    for (const [name, fault] of [
      ["of a write that was carried out", lost],
      ["of a write that was not", unsent],
    ] as const)
      test(`${name} is looked up`, async () => {
        const [made, edited] = [fresh(), fresh()];
        const plain = await open();
        await plain.links.insert(edited);
        const edit = next(edited, { title: "t" });
        expect(await (await faulty(fault)).links.insert(made)).toEqual({ outcome: "inserted", record: made });
        expect(await (await faulty(fault)).links.replace(edit)).toEqual({ outcome: "replaced", record: edit });
        expect(await (await faulty(fault)).registry.put(document())).toEqual({ outcome: "stored" });
        expect(await plain.links.find(made)).toEqual(made);
        expect(await plain.links.find(edited)).toEqual(edit);
      });

    test("is guessed wrong without the names of the writes", async () => {
      const edited = fresh();
      await (await open()).links.insert(edited);
      expect((await (await faulty(lost, ["tokenless"])).links.insert(fresh())).outcome).toBe("taken");
      expect((await (await faulty(lost, ["tokenless"])).links.replace(next(edited))).outcome).toBe("conflict");
      expect((await (await faulty(lost, ["tokenless"])).registry.put(document())).outcome).toBe("conflict");
    });

    test("while somebody else took the slug is no insert", async () => {
      const { links } = await open();
      const theirs = fresh();
      const store = await faulty(async () => {
        await links.insert(theirs);
        throw new errors.OperationTimedOutError("The question was lost.");
      });
      expect(await store.links.insert(sample(theirs.slug))).toEqual({ outcome: "taken", by: theirs });
    });

    for (const [others, expected] of [
      [5, "replaced"],
      [12, "unavailable"],
    ] as const)
      test(`behind ${others} newer versions is ${expected}`, async () => {
        const { links } = await open();
        const record = fresh();
        await links.insert(record);
        const mine = next(record, { title: "mine" });
        const store = await faulty(async (carryOut) => {
          await carryOut();
          let last: LinkRecord = mine;
          for (let index = 0; index < others; index++) {
            last = next(last, { note: `${index}` });
            await links.replace(last);
          }
          throw new errors.OperationTimedOutError("The answer was lost.");
        });
        const outcome = await store.links.replace(mine).then(
          (one) => one.outcome as string,
          (error: unknown) => (error instanceof StoreUnavailable ? "unavailable" : String(error)),
        );
        expect(outcome).toBe(expected);
      });

    describe("the feed", () => {
      /** Slugs told while a write stands between its row in the feed and its link, and after it. */
      async function tellings(mutants: CassandraMutant[]): Promise<[string[], string[]]> {
        const reader = await open({ mutants });
        const read = follow(reader.links);
        await read();
        const record = fresh();
        let early: string[] = [];
        const writer = await faulty(async (carryOut) => {
          early = await read();
          return carryOut();
        });
        await writer.links.insert(record);
        const late = await read();
        return [early.filter((slug) => slug === record.slug), late.filter((slug) => slug === record.slug)];
      }

      test("tells a change when its link has it, not when it was announced", async () => {
        const [early, late] = await tellings([]);
        expect([early.length, late.length]).toEqual([0, 1]);
      });

      test("would tell it too early, and never again", async () => {
        const [early, late] = await tellings(["hasty-feed"]);
        expect([early.length, late.length]).toEqual([1, 0]);
      });
    });

    test("of index rows leaves nothing behind; index rows that come last hide a link", async () => {
      async function half(mutants: CassandraMutant[]) {
        const address = addressOf(keyspace.url);
        if (address === undefined) throw new Error("No address.");
        const { client, store } = await prepare(address);
        client.batch = (() => Promise.reject(new errors.OperationTimedOutError("No."))) as Client["batch"];
        const made = new CassandraStore({ client, store }, address.shown, {
          url: keyspace.url,
          mutants,
          writeLimit: 1000,
        });
        opened.push(made);
        const record = fresh({ title: `half${slugs}` });
        expect(await told(made.links.insert(record))).toBe("unavailable");
        const { links } = await open();
        return {
          found: (await links.find(record)) !== undefined,
          listed: (await listAll(links, query({ search: record.title ?? "" }))).length > 0,
        };
      }
      expect(await half([])).toEqual({ found: false, listed: false });
      expect(await half(["index-last"])).toEqual({ found: true, listed: false });
    });
  });

  describe("more creates than it keeps up with", () => {
    /** `slow` is done for each call of the driver, and may delay it. */
    async function slowed(slow: (query: string) => Promise<void>, mutants: CassandraMutant[]): Promise<CassandraStore> {
      const address = addressOf(keyspace.url);
      if (address === undefined) throw new Error("No address.");
      const { client, store } = await prepare(address);
      const execute = client.execute.bind(client) as (...args: unknown[]) => Promise<types.ResultSet>;
      client.execute = (async (...args: unknown[]) => {
        await slow(String(args[0]));
        return execute(...args);
      }) as unknown as Client["execute"];
      const made = new CassandraStore({ client, store }, address.shown, {
        url: keyspace.url,
        mutants,
        writeLimit: 3000,
      });
      opened.push(made);
      return made;
    }
    const outcomes = async (store: CassandraStore, count: number) =>
      (await Promise.all(Array.from({ length: count }, () => told(store.links.insert(fresh()))))).filter(
        (one) => one !== "answered",
      ).length;

    /** How many of 64 creates fail that come at once where four conditional writes are done at a time, each in 300 ms or more. */
    async function failures(mutants: CassandraMutant[]): Promise<number> {
      const lanes = new Lanes(4);
      const store = await slowed(
        (cql) => (/ IF /.test(cql) ? lanes.run(() => Bun.sleep(300)) : Promise.resolve()),
        mutants,
      );
      return outcomes(store, 64);
    }

    test("wait for their turn, and none fails", async () => {
      expect(await failures([])).toBe(0);
    });

    test("would fail if all were under way at once", async () => {
      expect(await failures(["unpaced"])).toBeGreaterThan(0);
    });

    test("and a look at a document that is late takes nobody with it", async () => {
      let late = 2;
      const store = await slowed(
        (cql) => (/FROM registry/.test(cql) && late-- > 0 ? Bun.sleep(10_000) : Promise.resolve()),
        [],
      );
      const all = Array.from({ length: 20 }, () => told(store.registry.get("control", "frozen")));
      expect(new Set(await Promise.all(all))).toEqual(new Set(["absent"]));
      late = 100;
      expect(await told(store.registry.get("control", "frozen"))).toBe("unavailable");
    });

    test("and a look at the buckets that gets no answer takes none with it", async () => {
      let hangs = false;
      const asked = Promise.withResolvers<void>();
      const store = await slowed((cql) => {
        if (!hangs || !cql.startsWith("SELECT item FROM directory")) return Promise.resolve();
        asked.resolve();
        return Bun.sleep(10_000);
      }, []);
      expect(await outcomes(store, 1)).toBe(0);
      hangs = true;
      // Until somebody looks, and until that look is over its limit.
      await until(10_000, async () => {
        expect(await outcomes(store, 1)).toBe(0);
        return Promise.race([asked.promise.then(() => true), Bun.sleep(1).then(() => false)]);
      });
      for (const end = performance.now() + 4000; performance.now() < end; await Bun.sleep(50))
        expect(await outcomes(store, 2)).toBe(0);
    });
  });

  /** Reads on from now, and gives the slugs told. */
  function follow(links: LinkStore): () => Promise<string[]> {
    let cursor: string | null = null;
    return async () => {
      const page = await links.changes(cursor, 1000);
      if (page === "expired") throw new Error("The cursor expired.");
      cursor = page.cursor;
      return page.changes.map((change) => change.slug);
    };
  }

  describe("a change that comes late", () => {
    async function heard(mutants: CassandraMutant[]): Promise<number> {
      const { links } = await open({ mutants });
      const record = fresh();
      await links.insert(record);
      const read = follow(links);
      await read();
      while ((await read()).length > 0);
      const at = (Date.now() - 20_000) * 1000;
      await keyspace.client.execute(
        `INSERT INTO ${keyspace.name}.changes (slot, shard, at, host, slug, version) VALUES (?, 0, ?, '', ?, 1)`,
        [Math.floor(at / 30_000_000), at, record.slug],
        { prepare: true },
      );
      let count = 0;
      for (let round = 0; round < 24; round++) count += (await read()).filter((slug) => slug === record.slug).length;
      return count;
    }

    test("is told once", async () => {
      expect(await heard([])).toBe(1);
    });

    test("would be passed by without a look back", async () => {
      expect(await heard(["short-feed"])).toBe(0);
    });
  });

  test("a change of a node whose clock is 5 s behind or before is told at once", async () => {
    for (const [mine, theirs] of [
      [0, -5000],
      [-5000, 0],
    ] as const) {
      const reader = await open({ clock: () => Date.now() + mine });
      const writer = await open({ clock: () => Date.now() + theirs });
      const read = follow(reader.links);
      await read();
      await read();
      const record = fresh();
      await writer.links.insert(record);
      expect(await read()).toContain(record.slug);
    }
  });

  test("several nodes that start at an empty cluster make one schema", async () => {
    const own = new Keyspace(cluster);
    const stores = await Promise.all([1, 2, 3, 4].map(() => openCassandraStore({ url: own.url })));
    const cursors = await Promise.all(stores.map((store) => store.links.changes(null, 1)));
    expect(new Set(cursors.map((page) => (page === "expired" ? page : page.cursor.split("/")[0]))).size).toBe(1);
    await stores[0]?.registry.put({ kind: "k", id: "i", value: "1", version: 1, expiresAt: null });
    for (const store of stores) expect(await store.registry.get("k", "i")).toBeDefined();
    await Promise.all(stores.map((store) => store.close()));
    await own.drop();
  });

  /** Does everything a store is asked to do. */
  async function everything(store: CassandraStore): Promise<void> {
    const { links, registry } = store;
    const record = fresh({ title: "everything" });
    const feed = follow(links);
    await feed();
    expect((await links.insert(record)).outcome).toBe("inserted");
    expect(await links.find(record)).toEqual(record);
    const edited = next(record, { title: `word${slugs}` });
    expect((await links.replace(edited)).outcome).toBe("replaced");
    expect(await listAll(links, query({ search: `word${slugs}` }))).toEqual([edited]);
    expect(await links.findByTarget("", record.url, 10)).toEqual([edited]);
    expect(await feed()).toContain(record.slug);
    expect((await links.replace(deleted(edited))).outcome).toBe("replaced");
    const document = { kind: "k", id: record.slug, value: "1", version: 1, expiresAt: null };
    expect(await registry.put(document)).toEqual({ outcome: "stored" });
    expect(await registry.get("k", record.slug)).toEqual(document);
    expect(await registry.list("k")).toContainEqual(document);
    expect(await registry.remove("k", record.slug)).toBe(true);
  }

  for (const [name, hurt] of [
    ["killed with -9", (index: number) => cluster.nodes[index]?.kill9()],
    ["stopped", (index: number) => cluster.nodes[index]?.pause()],
  ] as const)
    test(`one node of three ${name}: everything works, before it is known and after`, async () => {
      await cluster.heal();
      for (const index of [0, 2]) {
        const store = await open();
        const record = fresh();
        await store.links.insert(record);
        await hurt(index);
        const reads = await Promise.all(Array.from({ length: 50 }, () => timed(store.links.find(record))));
        for (const [answer, took] of reads) {
          expect(answer).toBe("answered");
          expect(took).toBeLessThan(1000);
        }
        for (let round = 0; round < 3; round++) await everything(store);
        await everything(await open());
        await cluster.heal();
        await everything(store);
      }
    });

  test("two nodes of three killed: nothing is absent, all is refused in time; back without a restart", async () => {
    await cluster.heal();
    const store = await open();
    const { links, registry } = store;
    const record = fresh({ tags: ["t"] });
    await links.insert(record);
    const [, second, third] = cluster.nodes;
    await Promise.all([second?.kill9(), third?.kill9()]);
    const slow = Date.now() + 6000;
    for (let round = 0; round < 4 || Date.now() < slow; round++) {
      const reads = await Promise.all(
        [links.find(record), links.find(fresh()), links.find(record), registry.get("k", "i")].map(timed),
      );
      for (const [index, [answer, took]] of reads.entries()) {
        expect(answer).toBe("unavailable");
        // Whoever asks for a document can wait longer than a visitor.
        expect(took).toBeLessThan(index < 3 ? 1300 : 3500);
      }
    }
    const others = [
      links.insert(fresh()),
      links.replace(next(record)),
      links.list(query()),
      links.list(query({ tag: "t" })),
      links.findByTarget("", record.url, 1),
      links.changes(null, 1),
      registry.put({ kind: "k", id: "i", value: "1", version: 1, expiresAt: null }),
      registry.list("k"),
    ].map(timed);
    for (const [answer, took] of await Promise.all(others)) {
      expect(answer).toBe("unavailable");
      expect(took).toBeLessThan(6000);
    }
    second?.launch();
    third?.launch();
    await Promise.all([second?.ready(), third?.ready()]);
    const back = await until(30_000, async () => (await told(links.find(record))) === "answered");
    expect(await links.find(record)).toEqual(record);
    const write = await until(30_000, async () => (await told(links.insert(fresh()))) === "answered");
    console.log(`back for reads after ${back.toFixed(0)} ms, for writes after ${(back + write).toFixed(0)} ms`);
    expect(back + write).toBeLessThan(10_000);
    await cluster.heal();
    await everything(store);
  });
});
