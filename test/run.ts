/**
 * Runs the tests.
 *   npm test                  everything: types, lint, units, whole program, the short form of each proof
 *   npm test -- WORD ...      the test files whose path contains one of the words
 *   npm run check             types, lint and units: the fast loop
 *   npm run proof -- NAME     the long form of a fault or exactness test; without NAME, their list
 * Ends with a line `N passed, N failed` (`, N skipped`). Exit 0: nothing failed.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Glob } from "bun";
import { installForTests } from "./install.ts";
import { nothing, type Outcome, outcomeOf, sum } from "./outcome.ts";
import { cassandraRuns, endCassandra } from "./servers/cassandra.ts";

const root = join(import.meta.dir, "..");
const tools = join(root, "node_modules", ".bin");
/** A single test may start a cluster of processes; one that hangs must still end. In ms. */
const testTimeout = 180_000;

async function command(words: string[]): Promise<number> {
  const child = Bun.spawn(words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return child.exited;
}

/** A tool that counts as one test. */
async function asTest(name: string, words: string[]): Promise<Outcome> {
  const started = performance.now();
  const failed = (await command(words)) === 0 ? 0 : 1;
  console.log(`${failed ? "(fail)" : "(pass)"} ${name} [${((performance.now() - started) / 1000).toFixed(1)} s]`);
  return { passed: 1 - failed, failed, skipped: 0, failures: failed ? [name] : [] };
}

/** Runs test files in one process and reads its counts from the report, not from what it prints. */
async function testFiles(files: string[]): Promise<Outcome> {
  if (files.length === 0) return nothing;
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
  const text = existsSync(report) ? readFileSync(report, "utf8") : "";
  rmSync(folder, { recursive: true });
  return outcomeOf(text, code, files);
}

/**
 * Runs files with servers, faults and load of their own, each in a process of its own. What fails is run once more at the
 * end, when nothing that it may have met is left: on a machine that others use, a deadline is missed now and then. What
 * then passes counts as passed and is named as unsteady, so that nobody overlooks it.
 */
async function wholeProgram(files: string[]): Promise<Outcome> {
  let total = nothing;
  const again: string[] = [];
  for (const file of files) {
    const outcome = await testFiles([file]);
    if (outcome.failed === 0) total = sum(total, outcome);
    else again.push(file);
    for (const failure of outcome.failures) console.log(`\nFailed, to be run once more: ${failure}\n`);
  }
  for (const file of again) {
    const outcome = await testFiles([file]);
    total = sum(total, outcome);
    if (outcome.failed === 0) console.log(`\nUnsteady: ${file} failed at first, and passed the second time.\n`);
  }
  return total;
}

function find(pattern: string): string[] {
  return [...new Glob(pattern).scanSync({ cwd: root })].sort();
}

async function runTests(words: readonly string[], fast: boolean): Promise<number> {
  let total = nothing;
  const add = (outcome: Outcome) => {
    total = sum(total, outcome);
  };
  const units = find("src/**/*.test.ts");
  const whole = fast ? [] : find("test/**/*.test.ts");
  const all = [...units, ...whole];
  const chosen = all.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  const strange = words.filter((word) => !all.some((file) => file.includes(word)));
  if (strange.length > 0) {
    console.error(`No test file has ${JSON.stringify(strange[0])} in its path. There are:\n${all.join("\n")}`);
    return 2;
  }
  if (!fast && !installForTests()) add({ ...nothing, failed: 1, failures: ["what the tests need"] });
  if (words.length === 0) {
    add(await asTest("types", [join(tools, "tsc"), "-p", "."]));
    add(await asTest("types of the page", [join(tools, "tsc"), "-p", join("src", "dashboard", "page")]));
    add(await asTest("lint and format", [join(tools, "biome"), "check", "--error-on-warnings"]));
  }
  add(await testFiles(chosen.filter((file) => units.includes(file))));
  // Files that want Cassandra share one; what ran before (see CONTRIBUTING.md) is left running.
  const cassandraIsOurs = !cassandraRuns();
  add(await wholeProgram(chosen.filter((file) => whole.includes(file))));
  if (cassandraIsOurs) await endCassandra();
  const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
  for (const failure of total.failures) console.log(`Failed: ${failure}`);
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
process.exit(await runTests(first === "check" ? rest : process.argv.slice(2), first === "check"));
