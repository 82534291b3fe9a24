import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./client.ts";
import { until, workersOf } from "./process-list.ts";
import { plainEnvironment, type Server, startServer } from "./server.ts";

const root = join(import.meta.dir, "..");

/** The one-file release as an operator gets it: nothing of this tree is beside it. */
describe("the one-file release", () => {
  const folder = mkdtempSync(join(tmpdir(), "curt-release-"));
  const file = join(folder, "curt");
  let server: Server | undefined;

  const run = (...args: string[]) => {
    const done = Bun.spawnSync([file, ...args], { cwd: folder, env: plainEnvironment() });
    return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() };
  };

  beforeAll(() => {
    const built = Bun.spawnSync(["sh", join(root, "bin", "run"), "deploy/release/build.ts", "--out", file]);
    if (built.exitCode !== 0) throw new Error(`The build failed:\n${built.stdout}${built.stderr}`);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  test("says its version, and what is wrong", async () => {
    const { version } = await Bun.file(join(root, "package.json")).json();
    expect(run("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
    expect(run("nonsense").code).toBe(2);
    expect(run("--curt-process", "nonsense").code).not.toBe(0);
  });

  test("serves with workers of its own kind, makes a link and follows it, and looks for damage", async () => {
    server = await startServer({ program: [file], args: ["--workers", "2"], env: { CURT_STORE: "sqlite" } });
    // Before its greeting a worker that dies ends the start.
    await until(() => server?.output().includes("Curt on ") ?? false, 20_000);
    const made = await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "here" });
    expect(made.status).toBe(201);
    // The page is in the file, and needs no bundler.
    const page = await (await fetch(`${server.url}/dashboard`)).text();
    const script = /src="(\/dashboard\/main-\w+\.js)"/.exec(page)?.[1] ?? "/dashboard/none";
    expect((await fetch(server.url + script)).headers.get("content-type")).toContain("javascript");
    const followed = await fetch(`${server.url}/here`, { redirect: "manual" });
    expect([followed.status, followed.headers.get("location")]).toEqual([302, "https://example.com/"]);
    expect(workersOf(server.pid)).toHaveLength(2);

    process.kill(workersOf(server.pid)[0] ?? 0, "SIGKILL");
    await until(() => server?.output().includes("another takes its place") ?? false, 30_000);
    await until(async () => {
      const headers = { Authorization: `Bearer ${server?.key}` };
      const text = await (await fetch(`${server?.url}/metrics`, { headers })).text();
      return text.includes("\ncurt_workers 2\n") && text.includes("\ncurt_workers_silent 0\n");
    }, 30_000);

    process.kill(server.pid, "SIGUSR1");
    await until(() => server?.output().includes("No damage was found.") ?? false, 60_000);
    const listed = run("list", "--server", server.url, "--key", server.key);
    expect(listed.out).toContain("https://example.com/");
    expect(await server.terminate()).toBe(0);
  });

  test("knows where visitors are by the folder beside it", async () => {
    server = await startServer({
      program: [file],
      args: ["--workers", "1", "--trusted-proxies", "127.0.0.1"],
      env: { CURT_STORE: "sqlite" },
    });
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "here" });
    const headers = { "X-Forwarded-For": "8.8.8.8" };
    await fetch(`${server.url}/here`, { redirect: "manual", headers });
    const countries = async () => {
      const { body } = await ask<{ events: { country: string }[] }>(
        server as Server,
        "GET",
        "/api/v1/links/here/events",
      );
      return body.events.map(({ country }) => country);
    };
    await until(async () => (await countries()).length > 0, 20_000);
    expect(await countries()).toEqual(["US"]);
    expect(readFileSync(join(folder, "curt-places", "DBIP-LICENSE"), "utf8")).toContain("DB-IP");
    await server.stop();
  });

  test("imports with its thread", () => {
    writeFileSync(join(folder, "links.txt"), "https://example.org/1\nhttps://example.org/2\n");
    const { code, out } = run("import", "links.txt", "--data", join(folder, "data"));
    expect([code, out]).toEqual([0, "2 in, 0 already there, 0 out\n"]);
  });

  test("is not configured by what lies where it is started", () => {
    writeFileSync(join(folder, ".env"), "CURT_NONSENSE=1\n");
    writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./missing.ts"]\n');
    expect(run("doctor", "--data", join(folder, "data"), "--json").err).not.toContain("CURT_NONSENSE");
  });
});
