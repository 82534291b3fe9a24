/** The processes of one machine: what they do about signals, deaths, locked folders and busy ports. */

import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf, isAlive, listensOn, until } from "./process-list.ts";
import { freePort, plainEnvironment, type Server, type ServerOptions, startServer } from "./server.ts";

const program = join(import.meta.dir, "..", "bin", "curt");
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer({ args: ["--workers", "2"], ...options });
  servers.push(server);
  await until(() => server.output().includes("Curt on "), 5000);
  return server;
}

/** Runs the command to its end. */
async function curt(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn(["sh", program, ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 15_000,
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

function portOf(server: Server): string {
  return new URL(server.url).port;
}

async function healthy(server: Server): Promise<boolean> {
  try {
    return (await fetch(`${server.url}/healthz`, { headers: { connection: "close" } })).ok;
  } catch {
    return false;
  }
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
    const before = childrenOf(server.pid);
    expect(await server.terminate()).toBe(0);
    writeFileSync(join(server.dataDir, "curt.db"), "");
    const { err, code } = await curt(["serve", "--data", server.dataDir, "--port", portOf(server)]);
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

describe("an end", () => {
  for (const [name, signal, group] of [
    ["SIGTERM", "SIGTERM", false],
    ["SIGTERM to the group", "SIGTERM", true],
    ["Ctrl-C, which reaches the group and is repeated", "SIGINT", true],
    ["a terminal that is gone", "SIGHUP", true],
  ] as const)
    test(`by ${name} is clean: exit code 0, no process, no lock`, async () => {
      const server = await start();
      const { pid } = server;
      const workers = childrenOf(pid);
      expect(workers).toHaveLength(2);
      process.kill(group ? -pid : pid, signal);
      if (signal === "SIGINT") {
        await Bun.sleep(100);
        process.kill(-pid, signal);
      }
      expect(await server.ended(5000)).toBe(0);
      expect(workers.filter(isAlive)).toEqual([]);
      expect(existsSync(join(server.dataDir, "curt.pid"))).toBe(false);
      await server.restart();
      expect(await healthy(server)).toBe(true);
    });

  test("is at once when it is asked for again", async () => {
    const server = await start();
    const workers = childrenOf(server.pid);
    const slow = await neverEnding(server);
    process.kill(server.pid, "SIGTERM");
    await Bun.sleep(1500);
    expect(isAlive(server.pid)).toBe(true);
    const from = performance.now();
    process.kill(server.pid, "SIGTERM");
    expect(await server.ended(5000)).toBe(1);
    expect(performance.now() - from).toBeLessThan(500);
    expect(workers.filter(isAlive)).toEqual([]);
    slow.end();
  });

  test("comes within 10 s even if a request never ends", async () => {
    const server = await start();
    const slow = await neverEnding(server);
    process.kill(server.pid, "SIGTERM");
    const from = performance.now();
    await server.ended(12_000);
    expect(performance.now() - from).toBeLessThan(10_000);
    slow.end();
  }, 20_000);

  test("does not come from a terminal that is gone under nohup", async () => {
    const folder = mkdtempSync(join(tmpdir(), "curt-nohup-"));
    const port = freePort();
    const child = Bun.spawn(
      ["nohup", "sh", program, "serve", "--port", `${port}`, "--data", folder, "--workers", "1"],
      {
        env: plainEnvironment(),
        stdio: ["ignore", Bun.file(join(folder, "out")), "ignore"],
      },
    );
    await until(() => readFileSync(join(folder, "out"), "utf8").includes("Curt on"), 5000);
    child.kill("SIGHUP");
    for (const worker of childrenOf(child.pid)) process.kill(worker, "SIGHUP");
    await Bun.sleep(1500);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test.skipIf(process.platform !== "linux" || Bun.which("script") === null)(
    "by a terminal whose window was closed leaves no process",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "curt-terminal-"));
      const port = freePort();
      const command = `exec sh ${program} serve --port ${port} --data ${folder} --workers 2`;
      const terminal = Bun.spawn(["script", "-qfec", command, "/dev/null"], {
        env: plainEnvironment(),
        stdio: ["pipe", "ignore", "ignore"],
      });
      const pidFile = join(folder, "curt.pid");
      await until(() => existsSync(pidFile) && childrenOf(Number(readFileSync(pidFile, "utf8"))).length === 2, 5000);
      const main = Number(readFileSync(pidFile, "utf8"));
      const all = [main, ...childrenOf(main)];
      await until(
        async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok === true,
        5000,
      );
      terminal.kill("SIGKILL");
      await until(() => !all.some(isAlive), 5000);
      rmSync(folder, { recursive: true });
    },
  );

  test("of main by kill -9 takes the workers with it, and the folder and the port are free at once", async () => {
    const server = await start({ args: ["--workers", "4"] });
    const workers = childrenOf(server.pid);
    expect(workers).toHaveLength(4);
    process.kill(server.pid, "SIGKILL");
    const { code, err } = await curt([
      "serve",
      "--data",
      server.dataDir,
      "--port",
      portOf(server),
      "--host",
      "192.0.2.1",
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining("192.0.2.1 is not an address")]);
    await until(() => !workers.some(isAlive), 1000);
    await server.restart();
    expect(await healthy(server)).toBe(true);
  });
});

describe("a worker", () => {
  test("killed with -9 fails only its own connections, and another serves within 1 s", async () => {
    const server = await start({ args: ["--workers", "4"] });
    const connections = await Promise.all(Array.from({ length: 40 }, () => openConnection(Number(portOf(server)))));
    for (const one of connections) expect(await one.ask()).toBe(true);
    const workers = childrenOf(server.pid);
    const [victim = 0] = workers;
    process.kill(victim, "SIGKILL");
    await until(() => !isAlive(victim), 1000);
    const from = performance.now();
    const outcomes = await Promise.all(connections.map((one) => one.ask()));
    const failed = outcomes.filter((one) => !one).length;
    // Each of four has about ten of them.
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(30);
    await until(() => childrenOf(server.pid).length === 4 && !childrenOf(server.pid).includes(victim), 1000);
    const fresh = childrenOf(server.pid).find((pid) => !workers.includes(pid)) ?? 0;
    await until(() => listensOn(fresh, Number(portOf(server))), 1000);
    expect(performance.now() - from).toBeLessThan(1000);
    for (let i = 0; i < 40; i++) expect(await healthy(server)).toBe(true);
    for (const one of connections) one.close();
  });

  test("that dies again and again is started with a pause, while the others serve", async () => {
    const server = await start();
    const [steady = 0] = childrenOf(server.pid);
    const until11 = async () => {
      for (let deaths = 0; deaths < 11; deaths++) {
        await until(() => childrenOf(server.pid).some((pid) => pid !== steady), 3000);
        const [one = 0] = childrenOf(server.pid).filter((pid) => pid !== steady);
        process.kill(one, "SIGKILL");
        await until(() => !isAlive(one), 1000);
      }
    };
    await until11();
    await Bun.sleep(500);
    expect(childrenOf(server.pid)).toEqual([steady]);
    expect(await healthy(server)).toBe(true);
    await until(() => childrenOf(server.pid).length === 2, 2000);
    expect(server.output()).toContain('"pause":1000');
  });

  test("that hangs is ended, so that an edit is answered all the same", async () => {
    const server = await start({ args: ["--workers", "3"] });
    const before = childrenOf(server.pid);
    const [first = 0] = before;
    const made = await retried(() => api(server, "POST", "", { url: "https://example.com/1", slug: "hung" }));
    expect(made.status).toBe(201);
    process.kill(first, "SIGSTOP");
    // A connection may be in the hands of the one that hangs, until that is ended.
    const edited = await retried(() => api(server, "PATCH", "/hung", { url: "https://example.com/2" }));
    expect(edited.status).toBe(200);
    expect(isAlive(first)).toBe(false);
    await until(() => childrenOf(server.pid).length === 3, 1000);
  });
});

describe("the look through the store", () => {
  test("finds a flip in the index, by itself or asked by SIGUSR1; then an unknown slug gets 503, never 404", async () => {
    const server = await start();
    expect((await api(server, "POST", "", { url: "https://example.com/1", slug: "a-needle" })).status).toBe(201);
    for (let i = 0; i < 3; i++) await api(server, "POST", "", { url: "https://example.com/", slug: `straw-${i}` });
    const unknown = () => fetch(`${server.url}/nobody`, { headers: { connection: "close" }, redirect: "manual" });
    process.kill(server.pid, "SIGUSR1");
    await until(() => server.output().includes("No damage was found."), 10_000);
    expect((await unknown()).status).toBe(404);
    expect(await server.terminate()).toBe(0);
    flipInIndex(join(server.dataDir, "curt.db"), "a-needle");
    await server.restart();
    // Nothing at the start shows it: the slug looks unknown.
    expect((await fetch(`${server.url}/a-needle`, { redirect: "manual" })).status).toBe(404);
    await until(() => server.output().split("Curt on ").length === 3, 5000);
    process.kill(server.pid, "SIGUSR1");
    await until(() => server.output().includes("Damage was found."), 10_000);
    await Bun.sleep(100);
    // Whichever worker is asked, and though they remember that it was unknown.
    for (let i = 0; i < 10; i++) expect((await unknown()).status).toBe(503);
    expect((await fetch(`${server.url}/a-needle`, { redirect: "manual" })).status).toBe(503);
    expect((await api(server, "POST", "", { url: "https://example.com/2", slug: "a-needle" })).status).toBe(503);
    for (const worker of childrenOf(server.pid)) process.kill(worker, "SIGKILL");
    await until(() => healthy(server), 3000);
    expect((await unknown()).status).toBe(503);
  }, 60_000);
});

/** Changes one letter of a slug where it stands in the slug index of a closed database, and nowhere else. */
function flipInIndex(file: string, slug: string): void {
  const database = new Database(file, { readonly: true });
  const { rootpage } = database
    .query<{ rootpage: number }, []>("SELECT rootpage FROM sqlite_schema WHERE name = 'links_by_slug'")
    .get() ?? { rootpage: 0 };
  const { page_size } = database.query<{ page_size: number }, []>("PRAGMA page_size").get() ?? { page_size: 4096 };
  database.close();
  const bytes = readFileSync(file);
  const start = (rootpage - 1) * page_size;
  const at = bytes.subarray(start, start + page_size).indexOf(slug);
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt8("b".charCodeAt(0), start + at);
  writeFileSync(file, bytes);
}

function api(server: Server, method: string, path: string, body: unknown): Promise<Response> {
  return fetch(`${server.url}/api/v1/links${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", connection: "close" },
    signal: AbortSignal.timeout(2500),
  });
}

async function retried(ask: () => Promise<Response>): Promise<Response> {
  for (let i = 0; i < 10; i++) {
    try {
      return await ask();
    } catch {
      await Bun.sleep(10);
    }
  }
  return ask();
}

/** A connection whose request was begun, and never comes to its end. */
async function neverEnding(server: Server) {
  const port = Number(portOf(server));
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  const head = `POST /api/v1/links HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.key}\r\n`;
  socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"url":`);
  await Bun.sleep(100);
  return socket;
}

/** A kept-alive connection of its own. `ask`: whether a request on it was answered. */
async function openConnection(port: number) {
  let answered = Promise.withResolvers<boolean>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: () => answered.resolve(true),
      close: () => answered.resolve(false),
      error: () => answered.resolve(false),
    },
  });
  return {
    ask: () => {
      answered = Promise.withResolvers<boolean>();
      if (socket.readyState <= 0) answered.resolve(false);
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      return answered.promise;
    },
    close: () => socket.end(),
  };
}
