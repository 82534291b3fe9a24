import { join } from "node:path";
import { dataFolder } from "../../bench/links.ts";
import type { Bench } from "../../bench/scenario.ts";
import { clickIdOf } from "../../src/core/click.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";
import { Chance, kindsOfClicks, someClicks, type Traffic, visitsOf } from "../counts/traffic.ts";

const hoursOfDay = 24;
/** Clicks go over so many days up to yesterday. */
const days = 90;
/** Links that have clicks: the newest ones, which are those that a list shows. */
const clicked = 200_000;

/**
 * A data folder with so many links, and clicks on the newest of them: a fifth of all on the newest one, the others by chance.
 * Gone at the end that `later` is told.
 */
export async function manyLinks(links: number, clicks: number, bench: Pick<Bench, "say" | "later">): Promise<string> {
  const folder = await dataFolder(links, bench);
  bench.say(`adding ${clicks.toLocaleString("en")} clicks`);
  const path = join(folder, "curt.db");
  const committer = LocalCommitter.open(path);
  const store = openSqliteStore({ path, committer });
  try {
    const ids: string[] = [];
    const query = { words: [], tag: null, state: null, now: Date.now(), order: "newest", limit: 1000 } as const;
    for (let cursor: string | null = null; ids.length < clicked; ) {
      const page = await store.links.list({ ...query, cursor });
      ids.push(...page.records.map(clickIdOf));
      cursor = page.next;
      if (cursor === null) break;
    }
    const chance = new Chance(4711);
    const perDay = Math.ceil(clicks / days);
    const [kinds, visitors] = [kindsOfClicks(chance, 20_000), Math.ceil(perDay / 2)];
    const traffic: Traffic = { chance, kinds, links: ids.length, tags: 0, visitors };
    const today = Math.floor(Date.now() / 86_400_000);
    for (let number = 0, added = 0; added < clicks; number++) {
      const from = (today - days + number) * hoursOfDay;
      const made = someClicks(traffic, Math.min(perDay, clicks - added), from, hoursOfDay);
      const tallies = made.map((tally) => {
        const place = chance.below(5) === 0 ? 0 : chance.below(ids.length);
        return { ...tally, link: ids[place] ?? "" };
      });
      added += tallies.length;
      await store.clicks.add({ writer: "many", number, position: "", tallies, visits: visitsOf(tallies) });
      while (await store.clicks.tend("many", Date.now(), 100)) await Bun.sleep(0);
    }
  } finally {
    await store.close();
    await committer.close();
  }
  return folder;
}
