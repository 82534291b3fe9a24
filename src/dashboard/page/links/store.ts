import type { Link } from "../../../client/client.ts";
import { Cell } from "../ui/cell.ts";
import { isAbort } from "../ui/problem.ts";
import { type Filter, listLinks } from "./filter.ts";

interface Page {
  /** Where it begins; `null` for the first. */
  readonly cursor: string | null;
  count: number;
  /** `undefined`: dropped, to be asked for again when it is seen again. */
  links: Link[] | undefined;
  loading: boolean;
}

/** Links of a page: some 50 KB of text, read in a millisecond. */
const pageSize = 100;
/** Pages that are kept whole. What is far from the window is dropped: memory stays the same however far one scrolls. */
const keptPages = 40;
/** Dropped in one go, so that not every turn of the wheel looks for them. */
const droppedAtOnce = 10;
/** Dropped pages that are asked for again at a time. Somebody who drags the bar passes hundreds of them. */
const askedAtOnce = 2;

/** A list that grows as it is scrolled, of which only the neighbourhood of the window is in memory. */
export class LinkList {
  /** Rises with every change. */
  readonly changes = new Cell(0);
  /** What kept the last page from coming. */
  error: unknown;
  /** The first answer is there. */
  ready = false;
  #pages: Page[] = [];
  #next: string | null = null;
  #more = false;
  #stop = new AbortController();
  /** The rows in sight, the second one without. */
  #seen: readonly [number, number] = [0, 0];

  constructor(readonly filter: Filter) {}

  /** Rows known so far, kept or dropped. */
  get count(): number {
    return this.#pages.reduce((sum, page) => sum + page.count, 0);
  }

  /** Whether there is more than is known. */
  get endless(): boolean {
    return this.#next !== null;
  }

  /** The link at a row; `undefined` while it is not in memory. */
  at(row: number): Link | undefined {
    let before = 0;
    for (const page of this.#pages) {
      if (row < before + page.count) return page.links?.[row - before];
      before += page.count;
    }
    return undefined;
  }

  /** Tells which rows are in sight: what is far from them is dropped, and what was dropped of them is asked for again. */
  look(first: number, end: number): void {
    this.#seen = [first, end];
    this.#trim(first);
    this.#bringBack();
  }

  /** Those of the links in memory that fit. */
  loaded(): Link[] {
    return this.#pages.flatMap((page) => page.links ?? []);
  }

  rowOf(slug: string): number {
    let before = 0;
    for (const page of this.#pages) {
      const at = page.links?.findIndex((link) => link.slug === slug) ?? -1;
      if (at !== -1) return before + at;
      before += page.count;
    }
    return -1;
  }

  /** Asks for the next page, once at a time. Pages may be empty, so it goes on until there are rows or the end. */
  async more(): Promise<void> {
    if (this.#more || (this.ready && !this.endless)) return;
    this.#more = true;
    this.error = undefined;
    const { signal } = this.#stop;
    try {
      for (;;) {
        const cursor = this.#next;
        const { links, next } = await listLinks(this.filter, pageSize, cursor, signal);
        if (signal.aborted) return;
        this.#pages.push({ cursor, count: links.length, links: [...links], loading: false });
        this.#next = next;
        if (links.length > 0 || next === null) break;
      }
    } catch (error) {
      if (isAbort(error)) return;
      this.error = error;
    } finally {
      this.#more = false;
    }
    this.ready = true;
    this.#changed();
  }

  #trim(first: number): void {
    const kept = this.#pages.filter((page) => page.links !== undefined);
    if (kept.length < keptPages + droppedAtOnce) return;
    let before = 0;
    const far = this.#pages.map((page) => {
      const distance = Math.abs(before + page.count / 2 - first);
      before += page.count;
      return { page, distance };
    });
    far.sort((a, b) => b.distance - a.distance);
    for (const { page } of far.filter(({ page }) => page.links !== undefined).slice(0, kept.length - keptPages))
      page.links = undefined;
  }

  #bringBack(): void {
    let asked = this.#pages.filter((page) => page.loading).length;
    let before = 0;
    for (const page of this.#pages) {
      if (asked >= askedAtOnce || before >= this.#seen[1]) return;
      before += page.count;
      if (page.links !== undefined || page.loading || before <= this.#seen[0]) continue;
      asked++;
      void this.#again(page);
    }
  }

  /** Puts a new link first. */
  add(link: Link): void {
    this.#take(link.slug);
    const first = this.#pages[0];
    if (first?.links === undefined) this.#pages.unshift({ cursor: null, count: 1, links: [link], loading: false });
    else {
      first.links = [link, ...first.links];
      first.count++;
    }
    this.#changed();
  }

  replace(link: Link): void {
    for (const page of this.#pages)
      if (page.links?.some((one) => one.slug === link.slug))
        page.links = page.links.map((one) => (one.slug === link.slug ? link : one));
    this.#changed();
  }

  remove(slug: string): void {
    this.#take(slug);
    this.#changed();
  }

  close(): void {
    this.#stop.abort();
  }

  #take(slug: string): void {
    for (const page of this.#pages) {
      if (page.links === undefined) continue;
      page.links = page.links.filter((one) => one.slug !== slug);
      page.count = page.links.length;
    }
  }

  /** Asks for a dropped page again. What was deleted since is gone from it, and what belongs to its neighbour stays there. */
  async #again(page: Page): Promise<void> {
    if (page.loading) return;
    page.loading = true;
    const { signal } = this.#stop;
    try {
      const { links } = await listLinks(this.filter, pageSize, page.cursor, signal);
      if (signal.aborted) return;
      const neighbour = this.#pages[this.#pages.indexOf(page) + 1];
      const there = new Set(neighbour?.links?.map((link) => link.slug));
      page.links = links.filter((link) => !there.has(link.slug));
      page.count = page.links.length;
      this.#changed();
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    } finally {
      page.loading = false;
    }
    if (!signal.aborted && this.error === undefined) this.#bringBack();
  }

  #changed(): void {
    this.changes.value++;
  }
}

/** The list that was looked at last, so that a link's page knows what comes before and after. */
let last: LinkList | undefined;

export function lookedAt(list: LinkList): void {
  last = list;
}

export function neighbours(slug: string): { readonly before: string | undefined; readonly after: string | undefined } {
  const row = last?.rowOf(slug) ?? -1;
  if (row === -1) return { before: undefined, after: undefined };
  return { before: row === 0 ? undefined : last?.at(row - 1)?.slug, after: last?.at(row + 1)?.slug };
}
