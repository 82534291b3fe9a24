import type { LinkRecord } from "../../core/link.ts";
import type { Store } from "../../core/store.ts";
import type { Progress } from "../progress.ts";
import { type Logbook, type Stage, staysBehind } from "./logbook.ts";
import { pagesOf } from "./pages.ts";

/** Links of a page, and documents, which may be larger. */
const linkPage = 1000;
const documentPage = 100;
/** Documents of the target that are looked up in the source at once. */
const together = 50;

export interface CopyOptions {
  readonly source: { readonly store: Store };
  readonly target: { readonly store: Store };
  readonly signal: AbortSignal;
  /** `label`: what is being done. */
  readonly progress: (label: string) => Progress;
}

/**
 * Copies the links oldest first, so that every engine keeps them in the order of the list, and then the marks of deleted
 * ones. Begins where the stage says.
 */
export async function copyLinks(options: CopyOptions, book: Logbook, stage: Stage): Promise<void> {
  const { source, target, signal } = options;
  const { links, contents } = source.store;
  const { feed } = stage;
  const bar = options.progress("copy");
  let count = 0;
  const adopt = async (records: readonly LinkRecord[]) => {
    if (records.length > 0) await target.store.contents.adoptLinks(records);
    count += records.length;
    bar.update(count, `${count} links`);
  };
  try {
    if (stage.phase === "links") {
      const query = { words: [], tag: null, state: null, now: 0, order: "oldest", limit: linkPage } as const;
      const list = async (cursor: string | null) => {
        const { records: items, next } = await links.list({ ...query, cursor });
        return { items, next };
      };
      await book.write(stage);
      for await (const { items, next } of pagesOf(list, signal, stage.cursor)) {
        await adopt(items);
        if (next !== null) await book.write({ phase: "links", feed, cursor: next });
      }
    }
    if (stage.phase === "links" || stage.phase === "marks") {
      const from = stage.phase === "marks" ? stage.cursor : null;
      await book.write({ phase: "marks", feed, cursor: from });
      for await (const { items, next } of pagesOf((cursor) => contents.scanLinks(cursor, linkPage), signal, from)) {
        const marks = items.filter((record) => record.deletedAt !== null);
        await adopt(marks);
        if (next !== null && marks.length > 0) await book.write({ phase: "marks", feed, cursor: next });
      }
    }
  } finally {
    bar.stop();
  }
}

/**
 * Makes the documents of the target those of the source, which nobody writes to any more. What an earlier run copied and
 * was removed since goes away too.
 */
export async function copyDocuments(options: CopyOptions, onPage: () => Promise<void>): Promise<void> {
  const { signal } = options;
  const source = options.source.store;
  const target = options.target.store;
  const there = pagesOf((cursor) => target.contents.scanDocuments(cursor, together), signal);
  for await (const { items } of there) {
    const moved = items.filter((document) => !staysBehind(document));
    await Promise.all(
      moved.map(async ({ kind, id }) => {
        if ((await source.registry.get(kind, id)) === undefined) await target.registry.remove(kind, id);
      }),
    );
    await onPage();
  }
  for await (const { items } of pagesOf((cursor) => source.contents.scanDocuments(cursor, documentPage), signal)) {
    const moved = items.filter((document) => !staysBehind(document));
    if (moved.length > 0) await target.contents.adoptDocuments(moved);
    await onPage();
  }
}
