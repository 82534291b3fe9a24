import type { LinkRecord } from "../../src/core/link.ts";
import { type Store, StoreDamaged } from "../../src/core/store.ts";
import { wordsOf } from "../../src/core/words.ts";
import { listAll, query } from "../../src/stores/contract/samples.ts";
import type { Truth } from "./store.ts";

export interface Answers {
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
export async function ask(store: Store, truth: Truth): Promise<Answers> {
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
