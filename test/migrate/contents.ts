import { keyOf, type LinkRecord } from "../../src/core/link.ts";
import type { Document, Store } from "../../src/core/store.ts";
import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { batch, clickQuery, linkId, tally, visit, visitorId } from "../../src/stores/contract/click-samples.ts";
import { awkwardSlugs, deleted, next, revived, sample } from "../../src/stores/contract/samples.ts";
import { openPostgresStore } from "../../src/stores/postgres/store.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";

/** Everything a store holds, for comparing: in maps by key, and the list in its order. */
export interface Held {
  readonly links: Map<string, string>;
  readonly documents: Map<string, string>;
  /** What was counted. */
  readonly counts: Map<string, string>;
  /** Slugs, oldest first. */
  readonly order: string[];
}

/** Opens a store by its address, uses it and closes it. */
export async function withStore<T>(address: string, work: (store: Store) => Promise<T>): Promise<T> {
  if (!address.startsWith("sqlite:")) {
    const open = address.startsWith("postgres:") ? openPostgresStore : openCassandraStore;
    const store = await open({ url: address });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }
  const path = address.slice("sqlite:".length);
  const committer = LocalCommitter.open(path);
  const store = openSqliteStore({ path, committer });
  try {
    return await work(store);
  } finally {
    await store.close();
    await committer.close();
  }
}

const awkwardTexts = [
  null,
  "",
  "é ü 日本 😀",
  "\ud800 half",
  "a\\b\"c'd",
  "line\nline\ttab",
  "%_'; --",
  "x".repeat(5000),
];

/** Fills an empty store with `count` links, of which some were edited, deleted, or deleted and made again, and documents. */
export async function fill(store: Store, count: number): Promise<void> {
  const { links, registry, clicks } = store;
  for (let from = 0; from < count; from += 1000) {
    const size = Math.min(1000, count - from);
    const records = Array.from({ length: size }, (_, index) => linkOf(from + index));
    await links.insertMany(records);
    await Promise.all(records.map((record, index) => change(store, record, from + index)));
  }
  const future = Date.now() + 86_400_000;
  const documents: Document[] = [
    { kind: "key", id: "admin", value: '{"hash":"x"}', version: 1, expiresAt: null },
    { kind: "secret", id: "counter", value: '"00ff"', version: 1, expiresAt: null },
    ...awkwardSlugs.map((id) => ({ kind: "key", id, value: JSON.stringify({ id }), version: 1, expiresAt: null })),
    ...Array.from({ length: 300 }, (_, index) => ({
      ...{ kind: "idempotency", id: `${index}`, value: JSON.stringify("\u0000\ud800".repeat(index)) },
      ...{ version: 1, expiresAt: future + index },
    })),
  ];
  for (const document of documents) await registry.put(document);
  for (let version = 1; version <= 20; version++)
    await registry.put({ kind: "counter", id: "ids", value: `{"next":${version}}`, version, expiresAt: null });
  for (const writer of writers)
    for (let number = 0; number < 10; number++) {
      const tallies = Array.from({ length: 200 }, (_, index) =>
        tally({ link: linkId(index % 70), tags: ["t"], by: { city: `c${index}` }, visitors: [visitorId(index)] }),
      );
      await clicks.add(batch(number, tallies, { writer, visits: [visit(Date.now() - 10_000)] }));
      await clicks.tend(writer, Date.now(), 5);
    }
}

/** Whose clicks `fill` counts. */
const writers = ["node-1", "node-2"];

/** What a store has counted, and that what it has counted is counted no second time. */
async function countsOf({ clicks }: Store): Promise<Map<string, string>> {
  const counts = new Map<string, string>();
  for (const writer of writers) {
    const last = await clicks.last(writer);
    if (last === undefined) continue;
    counts.set(`last ${writer}`, textOf(last));
    await clicks.add(batch(last.number, [tally({ link: linkId(1) })], { writer, position: "wrong" }));
  }
  const links = Array.from({ length: 70 }, (_, index) => linkId(index));
  counts.set("clicks", JSON.stringify(await clicks.clicksOf(links)));
  counts.set("cities", JSON.stringify(await clicks.read(clickQuery({ subject: { of: "tag", tag: "t" }, by: "city" }))));
  counts.set("visits", JSON.stringify(await clicks.visits(linkId(1), 100)));
  return counts;
}

function linkOf(index: number): LinkRecord {
  const slug = awkwardSlugs[index] ?? `s-${index}`;
  const title = awkwardTexts[index % awkwardTexts.length] ?? null;
  const tags = index % 3 === 0 ? ["t", `tag ${index % 7}`, "é"] : [];
  return sample(slug, {
    ...{ title, tags, host: index % 50 === 49 ? "h.example" : "", forwardQuery: index % 5 === 0 },
    validUntil: index % 11 === 0 ? 4_000_000_000_000 + index : null,
    maxClicks: index % 17 === 0 ? index + 1 : null,
    usedClicks: index % 34 === 0 ? index + 1 : 0,
    redirectStatus: index % 13 === 0 ? 308 : null,
    url: `https://example.org/${index % 100}/${encodeURIComponent(slug.slice(0, 100))}?q=${index}`,
  });
}

async function change({ links }: Store, record: LinkRecord, index: number): Promise<void> {
  if (index % 10 === 3) await links.replace(next(record, { title: "edited", disabled: true }));
  if (index % 20 === 7 || index % 20 === 8) await links.replace(deleted(record));
  if (index % 20 === 8) await links.replace(revived(deleted(record), { title: "again" }));
  if (index % 200 === 8) await links.replace(deleted(revived(deleted(record), { version: 3 })));
}

/** Reads all of a store through its port. */
export async function heldBy(store: Store): Promise<Held> {
  const { links, contents } = store;
  const held: Held = { links: new Map(), documents: new Map(), counts: await countsOf(store), order: [] };
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof contents.scanLinks>> = await contents.scanLinks(cursor, 1000);
    for (const record of page.items) held.links.set(keyOf(record), textOf(record));
    if (page.next === null) break;
    cursor = page.next;
  }
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof contents.scanDocuments>> = await contents.scanDocuments(cursor, 1000);
    for (const one of page.items)
      if (one.kind !== "control" && one.kind !== "migration") held.documents.set(`${one.kind}/${one.id}`, textOf(one));
    if (page.next === null) break;
    cursor = page.next;
  }
  const query = { words: [], tag: null, state: null, now: 0, order: "oldest", limit: 1000 } as const;
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof links.list>> = await links.list({ ...query, cursor });
    held.order.push(...page.records.map(keyOf));
    if (page.next === null) return held;
    cursor = page.next;
  }
}

function textOf(item: object): string {
  return JSON.stringify(Object.entries(item).sort());
}

/** What is not the same in two stores; a few lines at most. */
export function differences(one: Held, other: Held): string[] {
  const found: string[] = [];
  for (const part of ["links", "documents", "counts"] as const) {
    for (const key of new Set([...one[part].keys(), ...other[part].keys()])) {
      const [here, there] = [one[part].get(key), other[part].get(key)];
      if (here !== there) found.push(`${part} ${key}: ${here} but ${there}`);
    }
  }
  const at = one.order.findIndex((slug, index) => other.order[index] !== slug);
  if (at >= 0 || one.order.length !== other.order.length) found.push(`the list differs at ${at}`);
  return found.slice(0, 5);
}
