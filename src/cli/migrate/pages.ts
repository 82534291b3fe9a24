import type { ContentPage } from "../../core/store.ts";

/** Follows the pages of a scan. Ends with the signal's reason when it is aborted. */
export async function* pagesOf<T>(
  scan: (cursor: string | null) => Promise<ContentPage<T>>,
  signal: AbortSignal,
  from: string | null = null,
): AsyncGenerator<ContentPage<T>> {
  let cursor = from;
  do {
    const page = await scan(cursor);
    yield page;
    cursor = page.next;
    // The embedded store answers without a pause; this lets Ctrl-C be heard.
    await Bun.sleep(0);
    signal.throwIfAborted();
  } while (cursor !== null);
}
