/** What moves between stores arrives whole (long form: npm run proof -- migrate). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, follow } from "./client.ts";
import { curt } from "./command.ts";
import { need } from "./install.ts";
import { fill, heldBy, withStore } from "./migrate/contents.ts";
import { moveProof, runMigrate, servedProof } from "./proofs/migrate.ts";
import { type Server, startServer } from "./server.ts";
import { startCassandra } from "./servers/cassandra.ts";
import { Keyspace } from "./servers/cassandra-keyspace.ts";
import { type Postgres, startPostgres } from "./servers/postgres.ts";

const clean = { lost: 0, wrong: 0, resurrected: 0 };
const needsPostgres = describe.skipIf(!need("postgres"));

needsPostgres("with Postgres", () => {
  let postgres: Postgres;
  let made = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  const empty = () => `${postgres.url}?schema=migrate_${++made}`;

  test("2,000 awkward links, marks and documents: SQLite to Postgres to SQLite, killed on the way: identical", async () => {
    const result = await moveProof({ postgres, links: 2000, kills: 3 });
    expect(result.runs.map((run) => run.code)).toEqual([0, 0]);
    expect(result.differences).toEqual([]);
    expect(result.kills).toBeGreaterThan(2);
  }, 120_000);

  test.skipIf(!need("cassandra"))(
    "the same by way of Cassandra",
    async () => {
      const keyspace = new Keyspace(await startCassandra());
      try {
        const result = await moveProof({ postgres, cassandra: keyspace.url, links: 2000, kills: 1 });
        expect(result.runs.map((run) => [run.code, run.err])).toEqual(result.runs.map(() => [0, expect.any(String)]));
        expect(result.differences).toEqual([]);
      } finally {
        await keyspace.drop();
      }
    },
    600_000,
  );

  test("out of a Postgres that is served: all that was acknowledged arrives, and redirects go on", async () => {
    const store = empty();
    const result = await servedProof({ store: { CURT_STORE: store }, from: () => store, to: empty(), links: 3000 });
    console.log(JSON.stringify({ ...result, run: { ...result.run, out: result.run.out.trim() } }));
    expect([result.run.code, result.run.err]).toEqual([0, ""]);
    expect(result.verdict).toMatchObject(clean);
    expect(result.acknowledged).toBeGreaterThan(100);
    expect(result.redirectsFailed).toBe(0);
    expect(result.frozenMs).toBeGreaterThan(1000);
  }, 120_000);

  test("out of an embedded store that is served", async () => {
    const from = (server: Server) => `sqlite:${server.dataDir}/curt.db`;
    const result = await servedProof({ store: { CURT_STORE: "sqlite" }, from, to: empty(), links: 3000 });
    expect([result.run.code, result.run.err]).toEqual([0, ""]);
    expect(result.verdict).toMatchObject(clean);
    expect(result.acknowledged).toBeGreaterThan(100);
    expect(result.redirectsFailed).toBe(0);
  }, 120_000);

  test("an embedded store that is served is frozen and thawed through its server, and through no other", async () => {
    const [one, other] = [
      await startServer({ args: ["--workers", "1"], env: { CURT_STORE: "sqlite" } }),
      await startServer({ args: ["--workers", "1"], env: { CURT_STORE: "sqlite" } }),
    ];
    const create = async (server: Server) =>
      (await ask(server, "POST", "/api/v1/links", { url: "https://example.org/" })).status;
    try {
      const [from, to] = [`sqlite:${one.dataDir}/curt.db`, empty()];
      const wrong = await runMigrate(["--from", from, "--to", to], { CURT_SERVER: other.url, CURT_KEY: other.key });
      expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("is held by another server than")]);
      expect([await create(one), await create(other)]).toEqual([201, 201]);
      const env = { CURT_SERVER: one.url, CURT_KEY: one.key };
      expect((await runMigrate(["--from", from, "--to", to], env)).code).toBe(0);
      expect(await create(one)).toBe(503);
      expect((await runMigrate(["--thaw", from], env)).code).toBe(0);
      await Bun.sleep(1100);
      expect(await create(one)).toBe(201);
    } finally {
      await one.stop();
      await other.stop();
    }
  }, 120_000);

  for (const mutant of ["no-freeze", "no-catch-up"])
    test(`with ${mutant} it is found out that something is missing`, async () => {
      const store = empty();
      const result = await servedProof({
        ...{ store: { CURT_STORE: store }, from: () => store, to: empty(), links: 3000, mutant },
      });
      expect(result.run.code).toBe(1);
      expect(result.run.err).toContain(mutant === "no-freeze" ? "still written to" : "does not hold the same");
      const { lost, wrong, resurrected } = result.verdict;
      expect(lost + wrong + resurrected).toBeGreaterThan(0);
    }, 120_000);

  test("Ctrl-C lifts the freeze, and after kill -9 the next run takes it over", async () => {
    const [from, to] = [empty(), empty()];
    const server = await startServer({ args: ["--workers", "1"], env: { CURT_STORE: from } });
    const create = async () => (await ask(server, "POST", "/api/v1/links", { url: "https://example.org/" })).status;
    const frozen = async () => {
      for (const end = Date.now() + 20_000; Date.now() < end && (await create()) !== 503; ) await Bun.sleep(50);
    };
    try {
      const stopped = await runMigrate(["--from", from, "--to", to], {}, { signal: "SIGINT", at: frozen() });
      expect(stopped.code).toBe(130);
      await Bun.sleep(1100);
      expect(await create()).toBe(201);
      expect((await runMigrate(["--from", from, "--to", to], {}, { signal: "SIGKILL", at: frozen() })).code).toBe(137);
      await Bun.sleep(1100);
      expect(await create()).toBe(503);
      const ended = await runMigrate(["--from", from, "--to", to]);
      expect([ended.code, ended.out]).toEqual([0, expect.stringContaining(" links, ")]);
    } finally {
      await server.stop();
    }
  }, 120_000);

  test("the old store takes no changes any more until it is thawed; the new one does", async () => {
    const [from, to] = [empty(), empty()];
    const old = await startServer({ args: ["--workers", "1"], env: { CURT_STORE: from } });
    try {
      await ask(old, "POST", "/api/v1/links", { url: "https://example.org/a", slug: "a" });
      const moved = await runMigrate(["--from", from, "--to", to]);
      expect([moved.code, moved.out]).toEqual([0, expect.stringContaining("1 links, 0 marks of deleted ones and ")]);
      expect(moved.err).not.toContain(postgres.password);
      for (const [method, path, body] of [
        ["POST", "/api/v1/links", { url: "https://example.org/b" }],
        ["PATCH", "/api/v1/links/a", { title: "t" }],
        ["DELETE", "/api/v1/links/a", undefined],
        ["POST", "/api/v1/keys", { scopes: ["links:read"] }],
      ] as const) {
        const refused = await ask<{ code: string }>(old, method, path, body);
        expect([refused.status, refused.body.code]).toEqual([503, "read_only"]);
        expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
      }
      expect((await follow(old, "a")).status).toBe(302);
      // The same again says the same; nothing is copied twice.
      const again = await runMigrate(["--from", from, "--to", to, "--json"]);
      expect(JSON.parse(again.out)).toMatchObject({ before: true, links: 1, marks: 0 });
      const elsewhere = await runMigrate(["--from", from, "--to", empty()]);
      expect([elsewhere.code, elsewhere.err]).toEqual([1, expect.stringContaining("is frozen by a migration")]);
      expect((await runMigrate(["--thaw", from])).code).toBe(0);
      await Bun.sleep(1100);
      expect((await ask(old, "PATCH", "/api/v1/links/a", { title: "t" })).status).toBe(200);
      const late = await runMigrate(["--from", from, "--to", to]);
      expect([late.code, late.err]).toEqual([1, expect.stringContaining("thawed since")]);
    } finally {
      await old.stop();
    }
  }, 120_000);
});

describe("between embedded stores", () => {
  let folder: string;
  let from: string;
  let to: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "curt-migrate-"));
    for (const name of ["a", "b"]) mkdirSync(join(folder, name));
    [from, to] = [`sqlite:${folder}/a/curt.db`, `sqlite:${folder}/b/curt.db`];
    await withStore(from, (store) => fill(store, 100));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("what is there already, and is not from the same store, is left alone", async () => {
    await withStore(to, (store) => fill(store, 10));
    const refused = await curt(["migrate", "--from", from, "--to", to]);
    expect([refused.code, refused.err.split("\n").length]).toEqual([1, 2]);
    expect(refused.err).toContain("is not empty: it holds links, such as /");
    expect(refused.err).toContain("Name an empty one with --to");
    const third = `sqlite:${folder}/c/curt.db`;
    expect((await curt(["migrate", "--from", to, "--to", third])).code).toBe(0);
    const other = await curt(["migrate", "--from", from, "--to", third]);
    expect([other.code, other.err]).toEqual([1, expect.stringContaining("holds a migration from another store")]);
    expect((await withStore(third, heldBy)).links.size).toBe(10);
  }, 60_000);

  test("wrong usage is told, and a target in use is refused", async () => {
    for (const [args, message] of [
      [["--from", from], "--to: is missing"],
      [["--from", from, "--to", "nowhere"], "--to: got a value of 7 characters, takes sqlite"],
      [["--from", from, "--to", from], "--to: is the store that --from names"],
      [["--thaw", from, "--to", to], "--thaw: takes no --from"],
    ] as const) {
      const { code, err } = await curt(["migrate", ...args]);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    const none = await curt(["migrate", "--from", `sqlite:${folder}/none.db`, "--to", to]);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("There is no store at")]);
    const server = await startServer({ args: ["--workers", "1"], env: { CURT_STORE: "sqlite" } });
    try {
      const busy = await curt(["migrate", "--from", from, "--to", `sqlite:${server.dataDir}/curt.db`]);
      expect([busy.code, busy.err]).toEqual([1, expect.stringContaining(`is in use by process ${server.pid}`)]);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
