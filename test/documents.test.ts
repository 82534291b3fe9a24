import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";
import { mutants, settings } from "../src/config.ts";
import { errorTable } from "../src/core/errors.ts";
import { ask } from "./client.ts";
import { startServer } from "./server.ts";
import { configurePage } from "./settings-table.ts";

const root = join(import.meta.dir, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = [...new Glob("{*.md,docs/**/*.md}").scanSync({ cwd: root })].sort();

describe("the documents", () => {
  test("docs/configure.md has every setting as the code has it", () => {
    const { now, wanted } = configurePage();
    expect(now).toBe(wanted);
    for (const name of [...Object.keys(settings), ...mutants]) expect(now).toContain(name);
  });

  test("name no setting that does not exist", () => {
    const named = pages.flatMap((page) => [...read(page).matchAll(/\bCURT_[A-Z_]*[A-Z]\b/g)].map((match) => match[0]));
    const known = new Set(Object.keys(settings).flatMap((name) => [name, `${name}_FILE`]));
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  test("docs/api.md has every error code with its status, and no other", () => {
    const listed = [...read("docs/api.md").matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map((row) => `${row[1]} ${row[2]}`);
    expect(listed.sort()).toEqual(
      Object.entries(errorTable)
        .map(([code, { status }]) => `${code} ${status}`)
        .sort(),
    );
  });

  test("docs/api.md has every path that programs can ask", async () => {
    const server = await startServer({ args: ["--workers", "1"] });
    try {
      const { body } = await ask<{ paths: Record<string, unknown> }>(server, "GET", "/api/v1/openapi.json");
      const paths = [...Object.keys(body.paths), "/generateUrl", "/redirect", "/shorten_url", "/healthz", "/readyz"];
      expect(paths.length).toBeGreaterThan(8);
      expect(paths.filter((path) => !read("docs/api.md").includes(path))).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("docs/cli.md has every command, and no other", () => {
    const commands = readdirSync(join(root, "src", "cli", "commands")).filter((file) => !file.includes(".test."));
    const listed = [...read("docs/cli.md").matchAll(/^##+ `curt ([a-z]+)/gm)].map((row) => row[1] ?? "");
    expect([...new Set(listed)].sort()).toEqual(commands.map((file) => file.replace(/\.ts$/, "")).sort());
  });

  test("docs/dependencies.md has a line for each runtime dependency, and no other", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    const listed = [...read("docs/dependencies.md").matchAll(/^\| `([^`]+)` +\|/gm)].map((row) => row[1] ?? "");
    expect(listed.sort()).toEqual(Object.keys(dependencies).sort());
    // Those of the page are bundled; the server loads none of them. Fonts and places are no code.
    const [server = ""] = read("docs/dependencies.md").split("## In the page");
    expect([...server.matchAll(/^\| `(?!@ip-location-db|@fontsource)([^`]+)` +\|/gm)].length).toBeLessThanOrEqual(15);
  });

  test("have no dead link", () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});
