/** What keeps the Postgres store from being opened, and what is said then. */
import { afterAll, describe, expect, test } from "bun:test";
import { openPostgresStore } from "../../src/stores/postgres/store.ts";
import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { startPostgres } from "../servers/postgres.ts";

const there = need("postgres");
const server = there ? await startPostgres() : undefined;
afterAll(() => server?.stop());

function url(change: (url: URL) => void, database = "curt"): string {
  if (server === undefined) throw new Error("Postgres is not installed.");
  const made = new URL(server.urlOf(database));
  change(made);
  return made.href;
}

async function administer(...statements: string[]): Promise<void> {
  const sql = new Bun.SQL(
    url(() => undefined),
    { max: 1 },
  );
  for (const statement of statements) await sql.unsafe(statement);
  await sql.close();
}

async function refusal(address: string): Promise<string> {
  try {
    await (await openPostgresStore({ url: address })).close();
    return "opened";
  } catch (error) {
    expect(error).toHaveProperty("name", "StoreUnavailable");
    expect(String(error)).not.toContain("\n");
    expect(String(error)).not.toContain("password-of-ours");
    return (error as Error).message;
  }
}

describe.skipIf(!there)("a Postgres that can't be used says why", () => {
  test("nobody answers", async () => {
    expect(await refusal(`postgres://curt:password-of-ours@127.0.0.1:${freePort()}/curt`)).toContain(
      "no answer from 127.0.0.1:",
    );
    expect(await refusal("postgres://curt:x@nowhere.invalid/curt")).toContain("no answer from nowhere.invalid:5432");
  });

  test("a server that accepts and says nothing is given up after 2 s", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    expect(await refusal(`postgres://curt:x@127.0.0.1:${silent.port}/curt`)).toContain("no answer from 127.0.0.1:");
    silent.stop(true);
  });

  test("wrong password, unknown user", async () => {
    expect(await refusal(url((one) => (one.password = "password-of-ours")))).toContain('user "curt" was refused');
    expect(await refusal(url((one) => (one.username = "other")))).toContain('user "other" was refused');
  });

  test("no such database", async () => {
    expect(await refusal(url(() => undefined, "other"))).toContain('CREATE DATABASE "other" OWNER "curt"');
  });

  test("no right to make the schema; somebody else may make it", async () => {
    await administer("CREATE ROLE small LOGIN PASSWORD 'small'");
    const address = url((one) => {
      one.username = "small";
      one.password = "small";
      one.search = "?schema=of_small";
    });
    const said = await refusal(address);
    expect(said).toContain('user "small" may not make what Curt needs');
    const [, command = ""] = /Allow it: (.*)\.$/.exec(said) ?? [];
    await administer(command);
    expect(await refusal(address)).toBe("opened");
  });

  test("another encoding, and no connection left", async () => {
    await administer(
      "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
      "CREATE DATABASE full_up CONNECTION LIMIT 0",
      "CREATE ROLE crowd LOGIN PASSWORD 'crowd'",
    );
    expect(await refusal(url(() => undefined, "latin"))).toContain("encoding LATIN1; Curt takes UTF8");
    const crowd = url((one) => {
      one.username = "crowd";
      one.password = "crowd";
    }, "full_up");
    expect(await refusal(crowd)).toContain("no connection left");
  });

  test("a schema of a newer Curt", async () => {
    const address = url((one) => (one.search = "?schema=newer"));
    expect(await refusal(address)).toBe("opened");
    await administer("UPDATE newer.meta SET schema = 99");
    expect(await refusal(address)).toContain("schema 99, made by a newer Curt");
  });

  test("a server that would lose what it acknowledged", async () => {
    const careless = await startPostgres({ settings: { fsync: "off" } });
    expect(await refusal(careless.url)).toContain("fsync = off");
    await careless.stop();
  });

  test("synchronous_commit of the server is not believed", async () => {
    await administer("ALTER ROLE curt SET synchronous_commit = off");
    const address = url((one) => (one.search = "?schema=synchronous"));
    const store = await openPostgresStore({ url: address });
    await store.registry.get("k", "i");
    await store.registry.put({ kind: "k", id: "i", value: "1", version: 1, expiresAt: null });
    const sql = new Bun.SQL(address.replace(/\?.*/, ""), { max: 1, connection: { search_path: "synchronous" } });
    // What our connections have can be seen from within them alone.
    await sql.unsafe(`
      CREATE TABLE seen (setting text);
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO synchronous.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
      CREATE TRIGGER see AFTER INSERT ON registry FOR EACH ROW EXECUTE FUNCTION see();
    `);
    await store.registry.put({ kind: "k", id: "j", value: "1", version: 1, expiresAt: null });
    expect(await sql`SELECT setting FROM seen`.values()).toEqual([["on"]]);
    await sql.close();
    await store.close();
    await administer("ALTER ROLE curt RESET synchronous_commit");
  });
});
