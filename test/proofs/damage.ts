/**
 * Damaged files are found and named, and nothing wrong is served: seeded damages of the embedded store.
 *   npm run proof -- damage [--seeds N] [--first SEED]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { StoreDamaged } from "../../src/core/store.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { verify } from "../../src/stores/sql/scrub.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";
import { ask } from "../damage/ask.ts";
import { type DamageKind, damageKinds, inflict, randomOf } from "../damage/inflict.ts";
import { buildStore } from "../damage/store.ts";

export interface DamageProofOptions {
  /** Which damages, in turn; all of them by default. */
  readonly kinds?: readonly DamageKind[];
  /** How many links each store has. */
  readonly links?: number;
  /** Mutants, with which the proof must fail. */
  readonly trustRows?: boolean;
  readonly trustFile?: boolean;
}

export interface DamageResult {
  readonly seed: number;
  readonly damage: string;
  /** Where it was found first. `harmless`: nothing was found, and no answer is another. */
  readonly found: "at the start" | "on reading" | "by verify" | "harmless" | "nowhere";
  /** What named it. */
  readonly named: string;
  /** What breaks the promise: an answer that changed without the damage being found, or a record served wrong. */
  readonly failures: readonly string[];
}

/**
 * For each seed: makes a store, part of it folded into the database and part only in the log as after `kill -9`, damages
 * its files in one place, opens it, asks for everything and checks it.
 */
export async function damageProof(seeds: readonly number[], options: DamageProofOptions = {}): Promise<DamageResult[]> {
  const results: DamageResult[] = [];
  for (const seed of seeds) {
    const folder = mkdtempSync(join(tmpdir(), "curt-damage-"));
    try {
      results.push(await proveOne(seed, join(folder, "links.db"), options));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return results;
}

async function proveOne(seed: number, path: string, options: DamageProofOptions): Promise<DamageResult> {
  const random = randomOf(seed);
  const truth = await buildStore(path, options.links ?? 2000, random);
  const kinds = options.kinds ?? damageKinds;
  const damage = inflict(kinds[seed % kinds.length] ?? damageKinds[0], path, random);
  const failures: string[] = [];
  const named: string[] = [];
  let found: DamageResult["found"] | undefined;
  const see = (where: DamageResult["found"], message: string) => {
    found ??= where;
    named.push(message);
  };

  let committer: LocalCommitter;
  try {
    committer = LocalCommitter.open(path, { trustFile: options.trustFile === true });
  } catch (error) {
    if (!(error instanceof StoreDamaged)) failures.push(`The start failed without naming damage: ${String(error)}`);
    return { seed, damage, found: "at the start", named: (error as Error).message, failures };
  }
  const store = openSqliteStore({ path, committer, trustRows: options.trustRows === true });
  try {
    const answers = await ask(store, truth);
    for (const message of answers.damages) see("on reading", message);
    failures.push(...answers.wrong);
    // As the hourly scrub looks; SQLite's own check of pages, which the doctor adds, may name more that is harmless.
    const damages = await verify(path);
    for (const { message } of damages) see("by verify", message);
    if (answers.changed.length > 0 && damages.length === 0 && answers.damages.length === 0) {
      failures.push(...answers.changed.map((change) => `Not found, but changed: ${change}`));
    }
    if (answers.hidden.length > 0 && !damages.some(({ hides }) => hides)) {
      failures.push(...answers.hidden.map((slug) => `Hidden, and verify knows of nothing that hides: ${slug}`));
    }
    if (damages.some(({ hides }) => hides)) {
      store.degrade(damages[0]?.message ?? "");
      const degraded = await ask(store, truth);
      failures.push(...degraded.hidden.map((slug) => `Absent although damage is known: ${slug}`));
    }
    const silent = answers.changed.length > 0 ? "nowhere" : "harmless";
    return { seed, damage, found: found ?? silent, named: named[0] ?? "", failures };
  } finally {
    await store.close();
    await committer.close();
  }
}

/** One line for each result, and whether all is as promised. */
export function damageReport(results: readonly DamageResult[]): { readonly lines: string[]; readonly held: boolean } {
  const lines = results.map(({ seed, damage, found, named, failures }) => {
    const verdict = failures.length > 0 ? `FAILED: ${failures.slice(0, 3).join("; ")}` : named;
    return `seed ${seed}: ${damage}: ${found}${verdict === "" ? "" : `: ${verdict}`}`;
  });
  return { lines, held: results.every(({ failures }) => failures.length === 0) };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seeds: { type: "string" }, first: { type: "string" } } });
  const first = Number(values.first ?? Date.now() % 100_000);
  const seeds = Array.from({ length: Number(values.seeds ?? 30) }, (_, index) => first + index);
  const { lines, held } = damageReport(await damageProof(seeds));
  console.log(lines.join("\n"));
  console.log(`${seeds.length} damages, ${held ? "all found or harmless" : "some not found or served wrong"}`);
  process.exit(held ? 0 : 1);
}
