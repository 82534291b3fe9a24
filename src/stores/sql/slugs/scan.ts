import { keyOf, type LinkId } from "../../../core/link.ts";
import { SlugFilter } from "../../../core/slug-filter.ts";
import { Connection } from "../connection.ts";
import { mapped } from "./files.ts";

/** Slugs of one snapshot: about 10 ms. */
const slice = 10_000;

/**
 * Marks every slug of the database `path` in the filter of the file `file`. A slug that is made meanwhile may or may not
 * be among them. Throws `StoreUnavailable` or `StoreDamaged` where the database can't be read.
 */
export async function scanSlugs(path: string, file: string): Promise<void> {
  const filter = new SlugFilter(mapped(file));
  const connection = new Connection(path, { write: false, cacheBytes: 1e6 });
  try {
    const next = connection.prepare<LinkId, [string, string, number]>(
      "SELECT host, slug FROM links INDEXED BY links_by_slug WHERE (host, slug) > (?, ?) ORDER BY host, slug LIMIT ?",
    );
    let last: LinkId | undefined = { host: "", slug: "" };
    while (last !== undefined) {
      const { host, slug }: LinkId = last;
      const found: LinkId[] = connection.use(() => next.all(host, slug, slice));
      for (const id of found) filter.add(keyOf(id));
      last = found.at(-1);
      await Bun.sleep(0);
    }
  } finally {
    connection.close();
  }
}
