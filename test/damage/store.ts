import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import type { LinkRecord } from "../../src/core/link.ts";
import type { Document } from "../../src/core/store.ts";
import { deleted, next, revived, sample } from "../../src/stores/contract/samples.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";
import type { Random } from "./inflict.ts";

/** What the store must answer. */
export interface Truth {
  /** In order of creation. */
  readonly links: Map<string, LinkRecord>;
  readonly documents: Map<string, Document>;
  readonly feedStart: string;
}

/**
 * Makes a store of so many links in the file `path`, edited, deleted and revived here and there, with most of it folded
 * into the database and the rest only in the log, as after `kill -9`; `PATH.older` is the database as it was halfway.
 */
export async function buildStore(path: string, links: number, random: Random): Promise<Truth> {
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
