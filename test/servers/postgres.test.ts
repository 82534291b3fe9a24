import { afterAll, describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { isAlive } from "../process-list.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

const servers: Postgres[] = [];
afterAll(() => Promise.all(servers.map((one) => one.stop())));

describe.skipIf(!need("postgres"))("a Postgres for tests", () => {
  test("keeps what it acknowledged through kill -9, falls silent when paused, and leaves no process", async () => {
    const postgres = await startPostgres();
    servers.push(postgres);
    const before = new Bun.SQL(postgres.url, { max: 1 });
    await before`CREATE TABLE kept (word text)`;
    await before`INSERT INTO kept VALUES ('still here')`;
    const first = postgres.pid;
    await postgres.restart();
    expect(isAlive(first)).toBe(false);

    const after = new Bun.SQL(postgres.url, { max: 1 });
    const [row] = await after`SELECT word FROM kept`;
    expect(row.word).toBe("still here");
    postgres.pause();
    const late = after`SELECT 1 AS one`.then(() => "answered");
    expect(await Promise.race([late, Bun.sleep(200).then(() => "silent")])).toBe("silent");
    postgres.resume();
    expect(await late).toBe("answered");
    await after.close();

    const last = postgres.pid;
    await postgres.stop();
    expect(isAlive(last)).toBe(false);
  });

  test("refuses a wrong password", async () => {
    const postgres = await startPostgres();
    servers.push(postgres);
    const stranger = new Bun.SQL(postgres.url.replace(postgres.password, "wrong"), { max: 1 });
    const why = await stranger`SELECT 1`.then(String, String);
    expect(why).toContain("password authentication failed");
    await stranger.close();
  });
});
