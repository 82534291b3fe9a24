import { afterAll, describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { childrenOf, isAlive } from "../process-list.ts";
import { type Nginx, startNginx } from "./nginx.ts";

const servers: Nginx[] = [];
afterAll(() => Promise.all(servers.map((one) => one.stop())));

const look = (url: string) => fetch(url, { redirect: "manual", keepalive: false });

describe.skipIf(!need("nginx"))("an nginx for tests", () => {
  test("redirects, comes back after kill -9, and leaves no process", async () => {
    const nginx = await startNginx({ workers: 2 });
    servers.push(nginx);
    expect((await look(nginx.url)).headers.get("location")).toBe("https://example.com/");
    const family = [nginx.pid, ...childrenOf(nginx.pid)];
    expect(family).toHaveLength(3);
    await nginx.restart();
    expect(family.filter(isAlive)).toEqual([]);
    expect((await look(nginx.url)).status).toBe(302);
    const last = [nginx.pid, ...childrenOf(nginx.pid)];
    await nginx.stop();
    expect(last.filter(isAlive)).toEqual([]);
  });
});
