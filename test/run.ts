/**
 * Runs the tests.
 *   npm test                  everything: types, lint, units, whole program, the short form of each proof
 *   npm test -- WORD          the test files whose path contains WORD
 *   npm run check             types, lint and units: the fast loop
 *   npm run proof -- NAME     the long form of a fault or exactness test; without NAME, their list
 * Ends with a line `N passed, N failed` (`, N skipped`). Exit 0: nothing failed.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Glob } from "bun";
import { installForTests } from "./install.ts";
import { cassandraRuns, endCassandra } from "./servers/cassandra.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dir, "..");
const tools = join(root, "node_modules", ".bin");
/** A single test may start a cluster of processes; one that hangs must still end. In ms. */
const testTimeout = 180_000;

async function command(words: string[]): Promise<number> {
  const child = Bun.spawn(words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return child.exited;
}

/** A tool that counts as one test. */
async function asTest(name: string, words: string[]): Promise<Counts> {
  const started = performance.now();
  const failed = (await command(words)) === 0 ? 0 : 1;
  console.log(`${failed ? "(fail)" : "(pass)"} ${name} [${((performance.now() - started) / 1000).toFixed(1)} s]`);
  return { passed: 1 - failed, failed, skipped: 0 };
}

/** Runs test files in one process and reads its counts from the report, not from what it prints. */
async function testFiles(files: string[]): Promise<Counts> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const folder = mkdtempSync(join(tmpdir(), "curt-tests-"));
  const report = join(folder, "report.xml");
  const code = await command([
    process.execPath,
    "test",
    `--timeout=${testTimeout}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    ...files.map((file) => `./${file}`),
  ]);
  const [, head = ""] =
    /<testsuites ([^>]*)>/.exec(
      await Bun.file(report)
        .text()
        .catch(() => ""),
    ) ?? [];
  rmSync(folder, { recursive: true });
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [tests, failures, skipped] = [number("tests"), number("failures"), number("skipped")];
  // A runner that crashed, or failed outside any test, must not count as passed.
  const failed = failures === 0 && code !== 0 ? 1 : failures;
  return { passed: tests - failures - skipped, failed, skipped };
}

function find(pattern: string): string[] {
  return [...new Glob(pattern).scanSync({ cwd: root })].sort();
}

async function runTests(word: string | undefined, fast: boolean): Promise<number> {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const add = (counts: Counts) => {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  };
  const units = find("src/**/*.test.ts");
  const whole = fast ? [] : find("test/**/*.test.ts");
  const chosen = [...units, ...whole].filter((file) => word === undefined || file.includes(word));
  if (chosen.length === 0) {
    console.error(
      `No test file has ${JSON.stringify(word)} in its path. There are:\n${[...units, ...whole].join("\n")}`,
    );
    return 2;
  }
  if (!fast && !installForTests()) add({ passed: 0, failed: 1, skipped: 0 });
  if (word === undefined) {
    add(await asTest("types", [join(tools, "tsc"), "-p", "."]));
    add(await asTest("types of the page", [join(tools, "tsc"), "-p", join("src", "dashboard", "page")]));
    add(await asTest("lint and format", [join(tools, "biome"), "check", "--error-on-warnings"]));
  }
  add(await testFiles(chosen.filter((file) => units.includes(file))));
  // Files that want Cassandra share one; what ran before (see CONTRIBUTING.md) is left running.
  const cassandraIsOurs = !cassandraRuns();
  // Whole-program files have servers and load of their own, so each gets a process of its own.
  for (const file of chosen.filter((one) => whole.includes(one))) add(await testFiles([file]));
  if (cassandraIsOurs) await endCassandra();
  const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 ? 0 : 1;
}

async function runProof(name: string | undefined, args: string[]): Promise<number> {
  const proofs = readdirSync(join(root, "test", "proofs")).map((file) => basename(file, ".ts"));
  if (name === undefined || !proofs.includes(name)) {
    console.error(`npm run proof -- NAME, where NAME is one of: ${proofs.join(", ")}`);
    return 2;
  }
  installForTests();
  return command([process.execPath, join("test", "proofs", `${name}.ts`), ...args]);
}

const [first, ...rest] = process.argv.slice(2);
if (first === "proof") process.exit(await runProof(rest[0], rest.slice(1)));
process.exit(await runTests(first === "check" ? rest[0] : first, first === "check"));
