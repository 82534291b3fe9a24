import { afterAll, describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { isAlive } from "../process-list.ts";
import { type Memcached, memcachedUrl, startMemcached } from "./memcached.ts";

const servers: Memcached[] = [];
afterAll(() => Promise.all(servers.map((one) => one.stop())));

describe.skipIf(!need("memcached"))("Memcached for tests", () => {
  test("several answer; a killed one forgets and comes back on its port; none leaves a process", async () => {
    servers.push(...(await startMemcached(3)));
    expect(memcachedUrl(servers)).toMatch(/^memcached:\/\/127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}$/);
    const answers = await Promise.all(servers.map((one) => one.ask("set word 0 0 4\r\nhere")));
    expect(answers).toEqual(["STORED", "STORED", "STORED"]);
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("There are three.");
    await first.restart();
    expect(await first.ask("get word")).toBe("END");
    expect(await second.ask("get word")).toBe("VALUE word 0 4\r\nhere\r\nEND");

    second.pause();
    const late = second.ask("version");
    expect(await Promise.race([late, Bun.sleep(200).then(() => "silent")])).toBe("silent");
    second.resume();
    expect(await late).toStartWith("VERSION");

    const pids = servers.map((one) => one.pid);
    await Promise.all(servers.map((one) => one.stop()));
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
