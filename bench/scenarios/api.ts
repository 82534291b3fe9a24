import { ask } from "../../test/client.ts";
import { figureOf, short, withSpread } from "../figures.ts";
import { dataFolder, slugAt } from "../links.ts";
import type { Scenario } from "../scenario.ts";
import { startCurt } from "../servers.ts";

/** What the page and programs ask of a large collection. */
export const api: Scenario = {
  name: "api",
  about:
    "Lists, pages far down, searches and single links at 10,000,000 links over the API, one after the other; two workers.",
  run: async (bench) => {
    const count = bench.quick ? 1_000_000 : 10_000_000;
    const server = await startCurt(bench, { data: await dataFolder(count, bench), workers: 2, everywhere: true });
    let asked = 0;
    const any = () => Math.floor((asked++ * 7_368_787) % count);
    const get = async (path: string) => {
      const { status, body } = await ask<{ links?: unknown[]; next?: string | null }>(
        server,
        "GET",
        `/api/v1/links${path}`,
      );
      if (status !== 200) throw new Error(`GET ${path} was answered ${status}.`);
      return body;
    };
    let cursor = "";
    const questions: [string, () => Promise<unknown>][] = [
      ["the newest 50", () => get("")],
      [
        "the next 50, and the next",
        async () => {
          const page = await get(cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`);
          cursor = page.next ?? "";
        },
      ],
      ["a search for one link's word", () => get(`?search=${any()}`)],
      ["a search for words of all", () => get("?search=article+addresses")],
      ["a search by the beginning of a slug", () => get(`?search=${slugAt(any()).slice(0, 4)}`)],
      ["a search that finds nothing", () => get(`?search=nothing${any()}`)],
      ["one link", () => get(`/${slugAt(any())}`)],
    ];
    const rows: string[][] = [];
    for (const [name, question] of questions) {
      bench.say(name);
      const took: number[] = [];
      for (let i = 0; i < (bench.quick ? 20 : 200); i++) {
        const from = performance.now();
        await question();
        took.push(performance.now() - from);
      }
      const sorted = took.sort((a, b) => a - b);
      const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
      rows.push([name, withSpread(figureOf(took)), short(p99), short(sorted.at(-1) ?? 0)]);
    }
    return {
      goals: [],
      tables: [{ caption: `${count.toLocaleString("en")} links`, columns: ["", "ms", "p99, ms", "max, ms"], rows }],
      bars: [],
      notes: [],
    };
  },
};
