/** A start: what it prints, and what keeps it from serving. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curt, healthy, portOf, program, startWhole } from "./command.ts";
import { isAlive, until, workersOf } from "./process-list.ts";
import { freePort, plainEnvironment, type Server, type ServerOptions } from "./server.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options?: ServerOptions): Promise<Server> {
  const server = await startWhole(options);
  servers.push(server);
  return server;
}

describe("a start", () => {
  test("prints where it serves, how many workers, the new admin key, and lines that work as pasted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "curt-first-"));
    const port = `${freePort()}`;
    const child = Bun.spawn(
      ["sh", program, "serve", "--port", port, "--data", join(folder, "data"), "--workers", "2"],
      {
        env: plainEnvironment(),
        stdio: ["ignore", Bun.file(join(folder, "out")), "inherit"],
      },
    );
    try {
      const out = () => readFileSync(join(folder, "out"), "utf8");
      await until(() => /hello$/m.test(out()), 5000);
      expect(out()).toContain(`Curt on http://localhost:${port} (2 workers), data in ${join(folder, "data")}\n`);
      const file = join(folder, "data", "admin.key");
      expect(out()).toContain(readFileSync(file, "utf8").trim());
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
      const [make = "", follow = ""] = out()
        .split("\n")
        .filter((line) => line.trim().startsWith("curl "));
      expect(JSON.parse(await Bun.$`sh -c ${make}`.text())).toMatchObject({
        slug: "hello",
        url: "https://example.com/",
      });
      expect(await Bun.$`sh -c ${follow}`.text()).toMatch(/^location: https:\/\/example\.com\/\r$/im);
      const [, url = "", token] = /(http:\S+)\/dashboard\/setup#([0-9a-f]{40})/.exec(out()) ?? [];
      const set = () =>
        fetch(`${url}/api/v1/setup`, {
          method: "POST",
          headers: { Origin: url, "Curt-Session": "1", "Content-Type": "application/json" },
          body: JSON.stringify({ token, name: "ana", password: "correct horse battery" }),
        });
      expect(await set().then((answer) => answer.json())).toMatchObject({
        kind: "user",
        name: "ana",
        scopes: ["admin"],
      });
      expect((await set()).status).toBe(410);
    } finally {
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
    }
    const again = Bun.spawn(
      ["sh", program, "serve", "--port", port, "--data", join(folder, "data"), "--workers", "1"],
      {
        env: plainEnvironment(),
        stdio: ["ignore", Bun.file(join(folder, "again")), "inherit"],
      },
    );
    await until(() => readFileSync(join(folder, "again"), "utf8").includes("Curt on"), 5000);
    again.kill("SIGTERM");
    await again.exited;
    const shown = readFileSync(join(folder, "again"), "utf8");
    expect(shown).toContain(`Admin key: in ${join(folder, "data", "admin.key")}`);
    expect(shown).not.toContain("/dashboard/setup");
    expect(shown).not.toContain(readFileSync(join(folder, "data", "admin.key"), "utf8").trim());
    rmSync(folder, { recursive: true });
  });

  test("is refused with one line over a folder that another server holds", async () => {
    const server = await start();
    const { err, code } = await curt(["serve", "--data", server.dataDir, "--port", `${freePort()}`]);
    expect(code).toBe(1);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(`in use by process ${server.pid}`);
    expect(err).toContain("--data");
    expect(await healthy(server)).toBe(true);
  });

  test("is refused with one line on a port that is taken, by a program that shares it too", async () => {
    for (const reusePort of [false, true]) {
      const other = Bun.serve({ port: 0, hostname: "127.0.0.1", reusePort, fetch: () => new Response("other") });
      const folder = mkdtempSync(join(tmpdir(), "curt-port-"));
      const { err, code } = await curt(["serve", "--data", folder, "--port", `${other.port}`]);
      expect(code).toBe(1);
      expect(err.trim().split("\n")).toHaveLength(1);
      expect(err).toContain(`Port ${other.port}`);
      expect(err).toContain("lsof");
      expect(err).toContain("--port");
      await other.stop(true);
      rmSync(folder, { recursive: true });
    }
  });

  test("is refused with one line for an address that is not of this machine, and for an unusable folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "curt-host-"));
    const host = await curt(["serve", "--data", folder, "--host", "192.0.2.1", "--port", `${freePort()}`]);
    expect([host.code, host.err.trim().split("\n").length]).toEqual([1, 1]);
    expect(host.err).toContain("192.0.2.1");
    writeFileSync(join(folder, "file"), "");
    const data = await curt(["serve", "--data", join(folder, "file"), "--port", `${freePort()}`]);
    expect([data.code, data.err.trim().split("\n").length]).toEqual([1, 1]);
    expect(data.err).toContain(join(folder, "file"));
    rmSync(folder, { recursive: true });
  });

  test("is refused with one line and exit code 2 for an unknown setting", async () => {
    const { err, code } = await curt(["serve"], { CURT_PROT: "5000" });
    expect(code).toBe(2);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain("CURT_PROT");
  });

  test("over a damaged store is refused, and no worker stays", async () => {
    const server = await start();
    const before = workersOf(server.pid);
    expect(await server.terminate()).toBe(0);
    writeFileSync(join(server.dataDir, "curt.db"), "");
    const { err, code } = await curt(["serve", "--data", server.dataDir, "--port", `${portOf(server)}`]);
    expect(code).toBe(1);
    expect(err).toContain("0 bytes");
    expect(before.filter(isAlive)).toEqual([]);
    expect(statSync(join(server.dataDir, "curt.db")).size).toBe(0);
  });

  test("--demo forgets what the last demo held, and lets anyone create", async () => {
    const server = await start({ args: ["--workers", "1", "--demo"] });
    const shorten = () =>
      fetch(`${server.url}/shorten_url`, {
        method: "POST",
        body: JSON.stringify({ url: "https://example.com/demo" }),
        headers: { "content-type": "application/json", connection: "close" },
      });
    expect((await shorten()).status).toBe(201);
    expect((await shorten()).status).toBe(200);
    expect(readdirSync(server.dataDir)).toEqual(["demo"]);
    await server.restart();
    expect((await shorten()).status).toBe(201);
  });
});
