/**
 * Long because the traffic, the questions and what is wrong with the answers are one proof.
 *
 * Statistics stay fast, small and exact: clicks of a year on one link, and over many links, then every kind of question.
 *   npm run proof -- counts [--store sqlite|postgres|cassandra] [--case hot|spread|visitors] [--clicks 10000000]
 *                           [--links 100000] [--rounds 200] [--seed N]
 * Prints what folding costs, the size on disk for each million clicks, p50 and p99 of each kind of question, one in ten
 * of which is asked of a store that was just opened, and the error of unique visitors. Fails when a sum is not exact, a
 * unique count is off by 2 % or more, or a p99 is over its goal, which says something only on a machine that is not busy.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ClickQuery, type ClickStore, dimensions } from "../../src/core/click.ts";
import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { readManifest } from "../../src/stores/clicks/runs.ts";
import { openPostgresStore } from "../../src/stores/postgres/store.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { clicksPath } from "../../src/stores/sql/start.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";
import { Chance, kindsOfClicks, linkName, someClicks, type Traffic, visitorOn, visitsOf } from "../counts/traffic.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";
import { startPostgres } from "../servers/postgres.ts";

const [hourMs, dayMs] = [3_600_000, 86_400_000];
const days = 365;
/** So many questions of each kind are asked until the store is opened anew, with a cold memory. */
const warmRounds = 10;

/** A store with nothing in it, which can be opened again with a cold memory. */
export interface Place {
  open(): Promise<{ readonly clicks: ClickStore; close(): Promise<void> }>;
  /** What it takes on disk, in bytes; `undefined` where that can't be told. */
  size(): Promise<number | undefined>;
  remove(): Promise<void>;
}

export function inSqlite(): Place {
  const folder = mkdtempSync(join(tmpdir(), "curt-counts-"));
  const path = join(folder, "links.db");
  return {
    open: async () => {
      const committer = LocalCommitter.open(path);
      const store = openSqliteStore({ path, committer });
      const close = async () => {
        await store.close();
        await committer.close();
      };
      return { clicks: store.clicks, close };
    },
    size: async () => statSync(clicksPath(path)).size,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function inPostgres(): Promise<Place> {
  const server = await startPostgres();
  const size = async () => {
    const sql = new Bun.SQL(server.url, { max: 1 });
    const [row] = await sql<{ size: string }[]>`SELECT pg_database_size(current_database()) AS size`;
    await sql.close();
    return Number(row?.size);
  };
  return { open: () => openPostgresStore({ url: server.url }), size, remove: () => server.stop() };
}

async function inCassandra(): Promise<Place> {
  const keyspace = new Keyspace(await startCassandra());
  return {
    open: () => openCassandraStore({ url: keyspace.url }),
    // Each of three nodes has a copy, part of it in memory.
    size: async () => undefined,
    remove: () => keyspace.drop(),
  };
}

export interface CountsOptions {
  readonly clicks: number;
  /** 1: all on one link. */
  readonly links: number;
  readonly rounds: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}

/** What a question took by the clock, and of CPU, which tells on a machine that others use too; in ms. */
export interface Time {
  readonly took: number;
  readonly cpu: number;
}

export interface CountsResult {
  /** What is not what it must be. */
  readonly wrong: string[];
  /** In bytes, for each click. */
  readonly live: number;
  readonly times: ReadonlyMap<string, Time[]>;
}

/** Adds the clicks of a year, day by day, with the housekeeping between; then asks. */
export async function yearProof(place: Place, options: CountsOptions): Promise<CountsResult> {
  const { clicks: count, links, rounds, log = console.log } = options;
  const chance = new Chance(options.seed);
  const tags = links === 1 ? 0 : 50;
  const perDay = Math.ceil(count / days);
  const traffic: Traffic = {
    chance,
    kinds: kindsOfClicks(chance, 50_000),
    links,
    tags,
    visitors: Math.ceil(perDay / 2),
  };
  const today = Math.floor(Date.now() / dayMs);
  const cost = { fold: 0, tend: 0 };
  let added = 0;
  const opened = await place.open();
  const cpu = async (kind: keyof typeof cost, work: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    cost[kind] += user + system;
  };
  for (let number = 0; added < count; number++) {
    const day = today - days + number;
    const tallies = someClicks(traffic, Math.min(perDay, count - added), day * 24, 24);
    added += tallies.length;
    const visits = visitsOf(tallies);
    await cpu("fold", () => opened.clicks.add({ writer: "proof", number, position: "", tallies, visits }));
    await cpu("tend", async () => {
      while (await opened.clicks.tend("proof", Date.now(), 100)) await Bun.sleep(0);
    });
  }
  const live = await liveBytes(opened.clicks);
  await opened.close();
  const size = await place.size();
  log(
    `${added} clicks on ${links} links over ${days} days: folding ${(cost.fold / added).toFixed(2)} us of CPU a click, ` +
      `merging ${(cost.tend / added).toFixed(2)}; ${(live / added).toFixed(1)} MB a million` +
      `${size === undefined ? "" : `, the file ${(size / added).toFixed(1)}`}`,
  );
  const { wrong, times } = await ask(place, { links, tags, rounds, chance, added });
  for (const [kind, all] of times) log(`${kind.padEnd(34)} ${summary(all)}`);
  return { wrong, live: live / added, times };
}

async function liveBytes(clicks: ClickStore): Promise<number> {
  let bytes = 0;
  for (const { writer, number, position, order } of await clicks.contents.states())
    for (const run of readManifest(writer, { number, position, runs: order }).runs) bytes += run.bytes;
  return bytes;
}

/** A time that so much of them is at most. */
function share(times: readonly Time[], most: number, of: keyof Time): number {
  const sorted = times.map((time) => time[of]).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * most) - 1] ?? 0;
}

function summary(times: readonly Time[]): string {
  const of = (what: keyof Time) =>
    `p50 ${share(times, 0.5, what).toFixed(1)}, p99 ${share(times, 0.99, what).toFixed(1)}`;
  return `${of("took")} ms; of CPU ${of("cpu")} ms (${times.length})`;
}

interface Asked {
  readonly links: number;
  readonly tags: number;
  readonly rounds: number;
  readonly chance: Chance;
  readonly added: number;
}

async function ask(place: Place, asked: Asked): Promise<Pick<CountsResult, "wrong" | "times">> {
  const { links, tags, rounds, chance, added } = asked;
  const wrong: string[] = [];
  const times = new Map<string, Time[]>();
  const now = Math.floor(Date.now() / dayMs) * dayMs;
  const some = (): string => linkName(chance.below(links));
  const link = () => ({ of: "link", link: some() }) as const;
  const range = (back: number): Pick<ClickQuery, "from" | "to"> => ({ from: now - back * dayMs, to: now });
  const query = (change: Partial<ClickQuery>): ClickQuery => ({
    ...{ subject: link(), ...range(days), unit: "day", by: null, bots: false },
    ...change,
  });
  const by = () => dimensions[chance.below(dimensions.length)] ?? "city";
  const kinds: Record<string, (clicks: ClickStore) => Promise<unknown>> = {
    "link, year by day": (clicks) => clicks.read(query({})),
    "link, year by month, any dimension": (clicks) => clicks.read(query({ unit: "month", by: by() })),
    "link, year by week, city": (clicks) => clicks.read(query({ unit: "week", by: "city" })),
    "link, 90 days by hour, referrer": (clicks) => clicks.read(query({ ...range(89), unit: "hour", by: "referrer" })),
    "link, 7 days by hour": (clicks) =>
      clicks.read(query({ from: now - 7 * dayMs - 5 * hourMs, to: now - 5 * hourMs, unit: "hour", by: by() })),
    "all, year by day, referrer": (clicks) => clicks.read(query({ subject: { of: "all" }, by: "referrer" })),
    "all, 30 days by day, any dimension": (clicks) =>
      clicks.read(query({ ...range(30), subject: { of: "all" }, by: by() })),
    ...(tags > 0 && {
      "tag, year by month, any dimension": (clicks: ClickStore) =>
        clicks.read(query({ subject: { of: "tag", tag: `tag ${chance.below(tags)}` }, unit: "month", by: by() })),
    }),
    "clicks of 100 links": (clicks) => clicks.clicksOf(Array.from({ length: 100 }, some)),
    "clicks of 1,000 links": (clicks) => clicks.clicksOf(Array.from({ length: 1000 }, some)),
    "the latest 100 visits": (clicks) => clicks.visits(some(), 100),
  };
  for (let round = 0; round < rounds; round += warmRounds) {
    const opened = await place.open();
    for (let again = 0; again < warmRounds; again++)
      for (const [kind, work] of Object.entries(kinds)) {
        const [began, used] = [performance.now(), process.cpuUsage()];
        await work(opened.clicks);
        const took = performance.now() - began;
        const { user, system } = process.cpuUsage(used);
        const list = times.get(kind) ?? [];
        times.set(kind, list);
        list.push({ took, cpu: (user + system) / 1000 });
      }
    if (round === 0) {
      const all = await opened.clicks.read(
        query({ subject: { of: "all" }, by: "city", bots: true, ...range(days + 2) }),
      );
      const groups = all.groups.reduce((sum, { clicks }) => sum + clicks, 0);
      const series = all.series.reduce((sum, { clicks }) => sum + clicks, 0);
      for (const [what, sum] of Object.entries({ total: all.total + all.bots, groups, series }))
        if (sum !== added) wrong.push(`${what}: ${sum} of ${added}`);
      const everyLink = Array.from({ length: Math.min(links, 100_000) }, (_, number) => linkName(number));
      let sum = 0;
      for (let from = 0; from < everyLink.length; from += 1000)
        for (const clicks of await opened.clicks.clicksOf(everyLink.slice(from, from + 1000))) sum += clicks;
      if (everyLink.length === links && sum !== added) wrong.push(`clicks of links: ${sum} of ${added}`);
    }
    await opened.close();
  }
  return { wrong, times };
}

/** So many different visitors of a day on a link each, which share a tag: how far off their numbers are. */
export async function visitorsProof(
  place: Place,
  sizes: readonly number[],
  log: (line: string) => void = console.log,
): Promise<string[]> {
  const opened = await place.open();
  const wrong: string[] = [];
  const day = Math.floor(Date.now() / dayMs) - 1;
  const check = (what: string, unique: number, real: number) => {
    const error = Math.abs(unique - real) / real;
    log(`${what}: ${unique}, ${(100 * error).toFixed(2)} % off`);
    if (error >= 0.02) wrong.push(`${what}: ${unique}`);
  };
  try {
    let number = 0;
    for (const [index, size] of sizes.entries())
      for (let from = 0; from < size; from += 20_000) {
        const visitors = Array.from({ length: Math.min(20_000, size - from) }, (_, at) => visitorOn(day, from + at));
        const hour = day * 24 + (number % 24);
        const values = dimensions.map(() => "");
        const tally = { link: linkName(index), tags: ["t"], hour, values, clicks: visitors.length, visitors };
        await opened.clicks.add({ writer: "proof", number: number++, position: "", tallies: [tally], visits: [] });
        await opened.clicks.tend("proof", Date.now(), 20);
      }
    const range = { from: day * dayMs, to: (day + 1) * dayMs, unit: "day", by: null, bots: false } as const;
    for (const [index, size] of sizes.entries()) {
      const { unique } = await opened.clicks.read({ subject: { of: "link", link: linkName(index) }, ...range });
      check(`${size} visitors`, unique, size);
    }
    const { unique } = await opened.clicks.read({ subject: { of: "tag", tag: "t" }, ...range });
    check("of all these links together", unique, Math.max(...sizes));
    return wrong;
  } finally {
    await opened.close();
  }
}

/** p99 of any question, in ms. */
const goals: Readonly<Record<string, number>> = { sqlite: 50, postgres: 50, cassandra: 200 };

function tooSlow({ times }: CountsResult, store: string): string[] {
  return [...times].flatMap(([kind, all]) => {
    const p99 = share(all, 0.99, "took");
    return p99 > (goals[store] ?? 0) ? [`${kind}: p99 ${p99.toFixed(1)} ms`] : [];
  });
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { store: text, case: text, clicks: text, links: text, rounds: text, seed: text },
  });
  const open = { sqlite: async () => inSqlite(), postgres: inPostgres, cassandra: inCassandra };
  const wrong: string[] = [];
  const { clicks = "10000000", links = "100000", rounds = "200", seed = `${Date.now() % 1_000_000}` } = values;
  for (const [name, make] of Object.entries(open)) {
    if (values.store !== undefined && values.store !== name) continue;
    for (const one of ["hot", "spread", "visitors"]) {
      if (values.case !== undefined && values.case !== one) continue;
      console.log(`\n${name}, ${one}, seed ${seed}`);
      const place = await make();
      try {
        const numbers = { clicks: Number(clicks), rounds: Number(rounds), seed: Number(seed) };
        if (one === "visitors") wrong.push(...(await visitorsProof(place, [10, 1000, 100_000, 1_000_000])));
        else {
          const proven = await yearProof(place, { ...numbers, links: one === "hot" ? 1 : Number(links) });
          wrong.push(...proven.wrong, ...tooSlow(proven, name));
        }
      } finally {
        await place.remove();
      }
    }
  }
  for (const line of wrong) console.log(`WRONG: ${line}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
