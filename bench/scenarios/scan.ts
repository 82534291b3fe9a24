import { ask } from "../../test/client.ts";
import type { Server } from "../../test/server.ts";
import { figureOf, ratioOf, short, withSpread } from "../figures.ts";
import { dataFolder, requests, strangers } from "../links.ts";
import { cpuMicros, familyOf, pssBytes } from "../machine.ts";
import { goal, type Scenario } from "../scenario.ts";
import { assertRedirect, startCurt } from "../servers.ts";
import { load } from "../wrk.ts";

const count = 1_000_000;
const connections = 64;

/** Somebody asks for slugs that nobody has, as fast as answers come. */
export const scan: Scenario = {
  name: "scan",
  about:
    "Unknown slugs as fast as they are answered, beside a million links: alone, and on half of the connections while the other half follows links; one worker.",
  run: async (bench) => {
    const server = await startCurt(bench, { data: await dataFolder(count, bench) });
    const pids = () => familyOf(server.pid);
    const known = { url: `${server.url}/`, paths: requests(count, "zipf", bench), seconds: bench.seconds };
    const unknown = {
      url: `${server.url}/`,
      paths: strangers(count, bench),
      seconds: bench.seconds,
      refusalsWanted: true,
    };
    bench.say("waiting for the filter of slugs");
    await filtered(server);
    bench.say("warming up");
    // Every link is in memory before memory is measured.
    await load({ ...known, paths: requests(count, "uniform", bench), connections, seconds: 18 });
    await load({ ...known, connections, seconds: 5 });
    await load({ ...unknown, connections, seconds: 2 });
    const warm = pssBytes(pids());
    let most = warm;
    // Of the slices in which nothing but the scan goes on.
    let toStore = 0;
    let onlyAsked = 0;
    const alone: number[] = [];
    const beside: number[] = [];
    const rates = { scan: [] as number[], cpu: [] as number[], known: [] as number[], besideKnown: [] as number[] };
    let asked = 0;
    let made = 0;
    let late = 0;
    for (let round = 0; round < bench.rounds; round++) {
      bench.say(`round ${round + 1} of ${bench.rounds}`);
      const before = await lookups(server);
      const cpu = cpuMicros(pids());
      const only = await load({ ...unknown, connections });
      rates.cpu.push((cpuMicros(pids()) - cpu) / only.requests);
      toStore += ((await lookups(server)).store ?? 0) - (before.store ?? 0);
      onlyAsked += only.requests;
      most = Math.max(most, pssBytes(pids()));
      rates.scan.push(only.requests / only.seconds);
      const calm = await load({ ...known, connections });
      alone.push(calm.p99);
      rates.known.push(calm.requests / calm.seconds);
      const [mixed, scanned] = await Promise.all([
        load({ ...known, connections: connections / 2 }),
        load({ ...unknown, connections: connections / 2 }),
        (async () => {
          for (let i = 0; i < 5; i++) if (!(await madeAndFollowed(server, `now-${made++}`))) late++;
        })(),
      ]);
      most = Math.max(most, pssBytes(pids()));
      beside.push(mixed.p99);
      rates.besideKnown.push(mixed.requests / mixed.seconds);
      asked += only.requests + scanned.requests;
    }
    const percent = (part: number) => `${(100 * part).toFixed(2)} %`;
    return {
      goals: [
        goal(
          "scan: memory flat within 50 MB",
          figureOf([(most - warm) / 1e6]),
          { atMost: 50 },
          (mb) => `${short(mb)} MB`,
        ),
        goal("scan: at most 1 % reaches the store", figureOf([toStore / onlyAsked]), { atMost: 0.01 }, percent),
        goal(
          "scan on half of the connections: p99 of the others at most doubled",
          ratioOf(beside, alone),
          { atMost: 2 },
          short,
        ),
        goal("a link made during a scan is followed at once: none is not", figureOf([late]), { atMost: 0 }, short),
      ],
      tables: [
        {
          caption: `${asked.toLocaleString("en")} unknown slugs`,
          columns: ["", "requests/s", "p99 of links, ms", "CPU, µs"],
          rows: [
            ["scan alone", withSpread(figureOf(rates.scan)), "", withSpread(figureOf(rates.cpu))],
            ["links alone, 64 connections", withSpread(figureOf(rates.known)), withSpread(figureOf(alone)), ""],
            [
              "links on 32 connections, scan on 32",
              withSpread(figureOf(rates.besideKnown)),
              withSpread(figureOf(beside)),
              "",
            ],
          ],
        },
      ],
      bars: [],
      notes: [`${made} links were made and followed while the scan went on.`],
    };
  },
};

/** Lookups since the start, by who knew the answer. */
async function lookups(server: Server): Promise<Record<string, number>> {
  const headers = { Authorization: `Bearer ${server.key}` };
  const text = await (await fetch(`${server.url}/metrics`, { headers, keepalive: false })).text();
  const found = text.matchAll(/^curt_lookups_total\{layer="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, layer, number]) => [layer, Number(number)]));
}

async function filtered(server: Server): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    await (await fetch(`${server.url}/nobody`, { keepalive: false })).arrayBuffer();
    if (((await lookups(server)).filter ?? 0) > 0) return;
    await Bun.sleep(200);
  }
  throw new Error("The filter was not ready within a minute.");
}

async function madeAndFollowed(server: Server, slug: string): Promise<boolean> {
  const url = "https://example.com/made-during-a-scan";
  const { status } = await ask(server, "POST", "/api/v1/links", { slug, url });
  if (status !== 201) throw new Error(`A link was not made: ${status}.`);
  return assertRedirect(`${server.url}/${slug}`, url).then(
    () => true,
    () => false,
  );
}
