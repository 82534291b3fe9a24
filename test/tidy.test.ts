import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "..");
const sources = [...new Glob("{src,test,bench,deploy}/**/*.{ts,tsx}").scanSync({ cwd: root })].sort();

/** The rooms, each beside those it may import besides itself. `core` stands on nothing. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  config: ["core"],
  stores: ["core"],
  caches: ["core"],
  clicks: ["core"],
  http: ["core"],
  client: [],
  dashboard: ["client"],
  app: ["core", "config", "stores", "caches", "clicks", "http", "dashboard"],
  cli: ["client", "core", "config", "stores", "caches", "clicks", "http", "app"],
};

/** The room of a file in `src`. The processes and what they share are the app's. */
export function roomOf(file: string): string {
  const [, first = ""] = file.split("/");
  if (first.startsWith("config")) return "config";
  return first.endsWith(".ts") || first === "processes" ? "app" : first;
}

/** Every module a file names, static or dynamic. */
export function importsOf(source: string): string[] {
  const found = source.matchAll(
    /(?:^|[\s;}])(?:import|export)\s+(?:[^"'`;]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? "");
}

/** What is wrong with the imports of one file of `src`. */
export function importProblems(file: string, source: string): string[] {
  const room = roomOf(file);
  const allowed = mayImport[room];
  if (allowed === undefined) return [`${file}: no such room: ${room}`];
  const isTest = file.endsWith(".test.ts");
  const problems: string[] = [];
  for (const name of importsOf(source)) {
    if (!name.startsWith(".")) {
      const outside = isTest && (name === "bun:test" || name === "fast-check");
      if (room === "core" && !outside) problems.push(`${file}: core imports ${name}`);
      continue;
    }
    const target = normalize(join(dirname(file), name));
    if (/\.test\.ts$/.test(target) || (!target.startsWith("src/") && target !== "package.json"))
      problems.push(`${file}: imports ${target}, which is no part of the program`);
    else if (target.startsWith("src/")) {
      const there = roomOf(target);
      if (there !== room && !allowed.includes(there)) problems.push(`${file}: ${room} imports ${there}`);
    }
  }
  return problems;
}

const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("the structure", () => {
  test("each room imports only those below it", () => {
    expect(
      sources.filter((file) => file.startsWith("src/")).flatMap((file) => importProblems(file, read(file))),
    ).toEqual([]);
  });
  test("the rule can fail", () => {
    expect(importProblems("src/core/a.ts", 'import { b } from "node:fs";')).toHaveLength(1);
    expect(importProblems("src/core/a.ts", 'import type { b } from "../stores/b.ts";')).toHaveLength(1);
    expect(importProblems("src/http/a.ts", 'export * from "../stores/b.ts";')).toHaveLength(1);
    expect(importProblems("src/http/a.ts", 'const b = await import("../../stores/b.ts");')).toHaveLength(1);
    expect(importProblems("src/cli/a.ts", 'import "../../test/b.ts";')).toHaveLength(1);
    expect(importProblems("src/stores/a.ts", 'import {\n  b,\n} from "../core/b.ts";')).toEqual([]);
    expect(importProblems("src/stores/a.ts", 'import {\n  b,\n} from "../http/b.ts";')).toHaveLength(1);
  });

  test("what an operator runs stands on no test", () => {
    const deployed = sources.filter((file) => file.startsWith("deploy/"));
    expect(deployed.length).toBeGreaterThan(5);
    const onTests = deployed.filter((file) =>
      importsOf(read(file)).some((name) => normalize(join(dirname(file), name)).startsWith("test/")),
    );
    expect(onTests).toEqual([]);
  });

  test("only config.ts reads the environment", () => {
    const readers = sources
      .filter((file) => file.startsWith("src/") && !file.endsWith(".test.ts"))
      .filter((file) => /\b(process|Bun)\s*\.\s*env\b|import\.meta\.env/.test(read(file)));
    expect(readers).toEqual(["src/config.ts"]);
  });

  test("no file is dead", () => {
    // What is started by a name outside the code: the command, a worker process, the test runner, each test and proof.
    const roots = sources.filter((file) =>
      /\.test\.ts$|^test\/run\.ts$|^test\/proofs\/|^src\/cli\/(main|one-file)\.ts$|^deploy\/(release\/build|processes\/main)\.ts$|^bench\/run\.ts$/.test(
        file,
      ),
    );
    const alive = new Set(roots);
    for (const file of alive)
      for (const name of reached(file, read(file))) if (existsSync(join(root, name))) alive.add(name);
    expect(sources.filter((file) => !alive.has(file))).toEqual([]);
    const onlyTested = new Set(["src/cli/main.ts", "src/cli/one-file.ts"]);
    for (const file of onlyTested)
      for (const name of reached(file, read(file))) if (existsSync(join(root, name))) onlyTested.add(name);
    const unused = sources.filter(
      (file) => file.startsWith("src/") && !/\.test\.ts$|\/contract(\.ts$|\/)/.test(file) && !onlyTested.has(file),
    );
    expect(unused).toEqual([]);
  });

  test("no folder or file is called utils, helpers, common or misc", () => {
    expect(sources.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/i.test(file))).toEqual([]);
  });

  test("a file over 300 lines says why in its first lines", () => {
    const program = sources.filter((file) => !file.endsWith(".test.ts"));
    const long = program.filter((file) => read(file).split("\n").length > 300);
    expect(long.filter((file) => !/Long because/.test(read(file).slice(0, 400)))).toEqual([]);
  });
});

/** Files that a file imports, or starts by name (`new URL("worker.ts", import.meta.url)` and the like). */
function reached(file: string, source: string): string[] {
  const started = [...source.matchAll(/["'`/]((?:[\w-]+\/)*[\w.-]+\.tsx?)["'`]/g)].map((match) => match[1] ?? "");
  return [
    ...importsOf(source),
    ...started.flatMap((name) => [`./${name}`, `${relative(dirname(file), ".") || "."}/${name}`]),
  ]
    .filter((name) => name.startsWith("."))
    .map((name) => normalize(join(dirname(file), name)));
}
