import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LinkRecord } from "../../src/core/link.ts";
import { type Document, type Store, StoreDamaged } from "../../src/core/store.ts";
import { wordsOf } from "../../src/core/words.ts";
import { deleted, listAll, next, query, revived, sample } from "../../src/stores/contract/samples.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { verify } from "../../src/stores/sql/scrub.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";

export const damageKinds = [
  "flip a byte of the database",
  "flip a byte of the log",
  "flip a byte in targets",
  "cut the log",
  "cut the database",
  "empty the database",
  "remove the log",
  "put an older database in place",
  "remove the database",
] as const;
export type DamageKind = (typeof damageKinds)[number];

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

/** What the store must answer. */
interface Truth {
  /** In order of creation. */
  readonly links: Map<string, LinkRecord>;
  readonly documents: Map<string, Document>;
  readonly feedStart: string;
}

type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed * 0x9e3779b1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function proveOne(seed: number, path: string, options: DamageProofOptions): Promise<DamageResult> {
  const random = randomOf(seed);
  const truth = await build(path, options.links ?? 2000, random);
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

async function build(path: string, links: number, random: Random): Promise<Truth> {
  const truth: Truth = { links: new Map(), documents: new Map(), feedStart: "" };
  const keep = (record: LinkRecord) => truth.links.set(record.slug, record);
  const words = ["red", "blue", "green", "whale", "fish", "paper", "stone", "river"];
  const word = () => `${words[random(words.length)]}${random(40)}`;
  const make = (slug: string) =>
    sample(slug, {
      url: `https://example.org/${word()}/${word()}-${slug}`,
      title: word(),
      tags: random(3) === 0 ? [word()] : [],
    });

  let committer = LocalCommitter.open(path);
  let store = openSqliteStore({ path, committer });
  const start = (await store.links.changes(null, 1)) as { cursor: string };
  const grow = async (from: number, to: number, step: number) => {
    for (let index = from; index < to; index += step) {
      const records = Array.from({ length: Math.min(step, to - index) }, (_, offset) =>
        make(`s${index + offset}x${random(1e6)}`),
      );
      await store.links.insertMany(records);
      records.forEach(keep);
      const victims = [...truth.links.values()].filter(() => random(links) < step / 10);
      for (const victim of victims) {
        const revival = victim.deletedAt === null ? undefined : revived(victim, { title: word() });
        const changed =
          revival ??
          (random(2) === 0 ? deleted(victim) : next(victim, { title: word(), url: `https://example.net/${word()}` }));
        await store.links.replace(changed);
        if (revival !== undefined) truth.links.delete(victim.slug);
        keep(changed);
      }
      const id = `d${index}`;
      const document = { kind: "proof", id, value: JSON.stringify(word()), version: 1, expiresAt: null };
      await store.registry.put(document);
      truth.documents.set(id, document);
    }
  };

  const reopen = async () => {
    await store.close();
    await committer.close();
    committer = LocalCommitter.open(path);
    store = openSqliteStore({ path, committer });
  };
  await grow(0, Math.floor(links / 2), 100);
  await reopen();
  copyFileSync(path, `${path}.older`);
  await grow(Math.floor(links / 2), links - 60, 100);
  await reopen();
  // Little goes into the log, so that most of the database file counts.
  await grow(links - 60, links, 10);
  // What kill -9 leaves is what the files hold now.
  const files = [path, `${path}-wal`, `${path}.mark`].map((file) => [file, readFileSync(file)] as const);
  await store.close();
  await committer.close();
  for (const [file, bytes] of files) writeFileSync(file, bytes);
  return { ...truth, feedStart: start.cursor };
}

function inflict(kind: DamageKind, path: string, random: Random): string {
  const log = `${path}-wal`;
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    writeFileSync(file, bytes);
    return `${kind}: bit of byte ${at} of ${bytes.length}`;
  };
  const cut = (file: string) => {
    const { length } = readFileSync(file);
    const to = 1 + random(length - 1);
    truncateSync(file, to);
    return `${kind}: to ${to} of ${length} bytes`;
  };
  if (kind === "flip a byte of the database") return flip(path);
  if (kind === "flip a byte of the log") return flip(log);
  if (kind === "flip a byte in targets") return flipTargets(path, random);
  if (kind === "cut the log") return cut(log);
  if (kind === "cut the database") return cut(path);
  if (kind === "empty the database") truncateSync(path, 0);
  if (kind === "remove the log") rmSync(log);
  if (kind === "put an older database in place") {
    copyFileSync(`${path}.older`, path);
    if (existsSync(log)) rmSync(log);
  }
  if (kind === "remove the database") rmSync(path);
  return kind;
}

/** Makes other, well-formed targets of some: only the checksum of the row can tell. */
function flipTargets(path: string, random: Random): string {
  const bytes = readFileSync(path);
  const target = Buffer.from('"url":"https://example.');
  const places: number[] = [];
  for (let at = bytes.indexOf(target); at >= 0; at = bytes.indexOf(target, at + 1)) places.push(at + target.length + 4);
  const flipped = places.filter(() => random(20) === 0);
  for (const at of flipped) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  return `flip a byte in targets: ${flipped.length} of ${places.length}`;
}

interface Answers {
  /** Answers that are not what they must be. */
  readonly changed: string[];
  /** Slugs and documents that are there and were said to be absent. */
  readonly hidden: string[];
  /** Records that were served and are not what was stored. */
  readonly wrong: string[];
  /** What `StoreDamaged` said. */
  readonly damages: string[];
}

/** Asks for every link and document, one by one and in lists, by word, tag and target, and for the feed. */
async function ask(store: Store, truth: Truth): Promise<Answers> {
  const answers: Answers = { changed: [], hidden: [], wrong: [], damages: [] };
  const attempt = async (what: string, work: () => Promise<boolean>) => {
    try {
      if (!(await work())) answers.changed.push(what);
    } catch (error) {
      if (error instanceof StoreDamaged) answers.damages.push(error.message);
      else answers.changed.push(`${what}: ${String(error)}`);
    }
  };
  for (const record of truth.links.values()) {
    await attempt(`find ${record.slug}`, async () => {
      const answer = await store.links.find(record);
      const same = Bun.deepEquals(answer, record);
      if (answer === undefined) answers.hidden.push(record.slug);
      else if (!same) answers.wrong.push(`Served ${JSON.stringify(answer)}, not ${JSON.stringify(record)}`);
      return same;
    });
    await attempt(
      `find ${record.slug}~`,
      async () => (await store.links.find({ host: "", slug: `${record.slug}~` })) === undefined,
    );
  }
  for (const [id, document] of truth.documents) {
    await attempt(`document ${id}`, async () => {
      const answer = await store.registry.get("proof", id);
      if (answer === undefined) answers.hidden.push(id);
      return Bun.deepEquals(answer, document);
    });
  }
  const documents = [...truth.documents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  await attempt("documents", async () => Bun.deepEquals(await store.registry.list("proof"), documents));

  const live = [...truth.links.values()].filter((record) => record.deletedAt === null);
  const lists = async (what: string, change: Parameters<typeof query>[0], keep: (record: LinkRecord) => boolean) => {
    const expected = live.filter(keep);
    await attempt(`${what}, oldest first`, async () =>
      Bun.deepEquals(await listAll(store.links, query({ ...change, order: "oldest" })), expected),
    );
    await attempt(`${what}, newest first`, async () =>
      Bun.deepEquals(await listAll(store.links, query({ ...change })), expected.toReversed()),
    );
  };
  await lists("all", {}, () => true);
  for (const search of ["whale", "red1", "fish12", "s1"]) {
    await lists(`search ${search}`, { search }, (record) => wordsOf(record).some((word) => word.startsWith(search)));
  }
  for (const tag of new Set(live.flatMap((record) => record.tags))) {
    await lists(`tag ${tag}`, { tag }, (record) => record.tags.includes(tag));
  }
  for (const record of live.slice(-200)) {
    await attempt(`target of ${record.slug}`, async () => {
      const found = await store.links.findByTarget("", record.url, 100);
      return Bun.deepEquals(found, live.filter((other) => other.url === record.url).slice(0, 100));
    });
  }
  await attempt("changes", async () => {
    const told = new Map<string, number>();
    for (let cursor = truth.feedStart; ; ) {
      const page = await store.links.changes(cursor, 1000);
      if (page === "expired") return true;
      for (const change of page.changes) told.set(change.slug, change.version);
      if (page.changes.length === 0) break;
      cursor = page.cursor;
    }
    return [...truth.links.values()].every((record) => told.get(record.slug) === record.version);
  });
  return answers;
}

/** One line for each result, and whether all is as promised. */
export function damageReport(results: readonly DamageResult[]): { readonly lines: string[]; readonly held: boolean } {
  const lines = results.map(({ seed, damage, found, named, failures }) => {
    const verdict = failures.length > 0 ? `FAILED: ${failures.slice(0, 3).join("; ")}` : named;
    return `seed ${seed}: ${damage}: ${found}${verdict === "" ? "" : `: ${verdict}`}`;
  });
  return { lines, held: results.every(({ failures }) => failures.length === 0) };
}
