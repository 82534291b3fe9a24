/**
 * Promise 4: Redis or Memcached in front of the store is killed, stopped, flushed, answers garbage, refuses writes or is slow,
 * under visitors whose links are all cold in memory. A second node over the same store has no cache and the same visitors:
 * what it takes is what the first one is measured by.
 *   npm run proof -- weather [--cache redis|memcached] [--weather NAME] [--mutant no-breaker|no-replay]
 * `TEST_STORE` names the store (postgres). With a mutant it must fail.
 */
import { parseArgs } from "node:util";
import { type CacheKind, startCache, type Weather } from "../nodes/caches.ts";
import { ColdLinks, type Times, timesOf } from "../nodes/cold-links.ts";
import { startNodes } from "../nodes/nodes.ts";
import { until } from "../process-list.ts";
import { TcpProxy } from "../proxy.ts";
import type { Server } from "../server.ts";

export interface WeatherOptions {
  readonly cache: CacheKind;
  /** All that there are for this kind, if none are named. */
  readonly weathers?: readonly Weather["name"][];
  /** How long each lasts after the cache was given up, in ms. */
  readonly duration: number;
  readonly mutant?: string | undefined;
}

export interface WeatherResult {
  readonly weather: string;
  /** Redirects by the node with the cache, and those that were none or went elsewhere. */
  readonly redirects: number;
  readonly wrong: number;
  /** Slower than 300 ms, from the beginning of the weather on. */
  readonly slow: number;
  /** In ms: until no worker asked the cache any more; `null` if it was not given up. */
  readonly givenUpAfter: number | null;
  /** After that, and meanwhile on the node without a cache. */
  readonly times: Times;
  readonly timesWithout: Times;
  /** In ms: from the cache's return until every worker asked it again. */
  readonly usedAgainAfter: number;
  /** Values that it was asked for then, beside redirects. */
  readonly asked: number;
  readonly redirectsThen: number;
  /** Of the links edited meanwhile, redirects to the old target, and all that were asked for. */
  readonly stale: number;
  readonly visited: number;
}

const workers = 2;

export async function weatherProof(options: WeatherOptions): Promise<WeatherResult[]> {
  const proxies: TcpProxy[] = [];
  const cache = await startCache(options.cache, (address) => {
    const proxy = new TcpProxy(address);
    proxies.push(proxy);
    return proxy;
  });
  try {
    const urls = proxies.map((proxy) => `${options.cache}://${proxy.address}`);
    const nodes = await startNodes({ nodes: [{ workers, cache: urls[0] }, { workers }], mutant: options.mutant });
    const [cached, plain] = nodes;
    if (cached === undefined || plain === undefined) throw new Error("There are no nodes.");
    try {
      const results: WeatherResult[] = [];
      for (const weather of cache.weathers)
        if (options.weathers?.includes(weather.name) ?? true)
          results.push(await endure({ cache, weather, cached, plain, duration: options.duration }));
      return results;
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
    }
  } finally {
    for (const proxy of proxies) proxy.stop();
    await cache.stop();
  }
}

interface Scene {
  readonly cache: Awaited<ReturnType<typeof startCache>>;
  readonly weather: Weather;
  readonly cached: Server;
  readonly plain: Server;
  readonly duration: number;
}

async function endure({ cache, weather, cached, plain, duration }: Scene): Promise<WeatherResult> {
  await until(() => asking(cached) === workers, 10_000);
  const links = await ColdLinks.make(cached, `${weather.name}-`, 1000 + duration);
  const [here, there] = [links.visit(cached), links.visit(plain)];
  try {
    await Bun.sleep(300);
    const begun = performance.now();
    await weather.begin();
    const givenUp = await within(1000, () => asking(cached) === 0);
    const settled = performance.now();
    await links.edit([cached, plain]);
    await Bun.sleep(Math.max(0, duration - (performance.now() - settled)));
    const over = performance.now();
    await weather.end();
    const returned = performance.now();
    await until(() => asking(cached) === workers, 15_000);
    const usedAgain = performance.now();
    const [before, visitsBefore] = [await cache.gets(), here.visits.length];
    await Bun.sleep(1000);
    const [asked, redirectsThen] = [(await cache.gets()) - before, here.visits.length - visitsBefore];
    const all = here.visits.filter((one) => one.at >= begun);
    return {
      weather: weather.name,
      redirects: all.length,
      wrong: here.wrong,
      slow: all.filter((one) => one.took > 300).length,
      givenUpAfter: givenUp ? Math.round(settled - begun) : null,
      times: timesOf(here.visits, settled, over),
      timesWithout: timesOf(there.visits, settled, over),
      usedAgainAfter: Math.round(usedAgain - returned),
      asked,
      redirectsThen,
      ...(await links.askEdited(cached)),
    };
  } finally {
    await Promise.all([here.stop(), there.stop()]);
  }
}

/** How many workers ask the cache, by what they logged. */
function asking(server: Server): number {
  const output = server.output();
  return output.split(" is used.").length - output.split(" is not used.").length;
}

async function within(limit: number, isSo: () => boolean): Promise<boolean> {
  return until(isSo, limit).then(
    () => true,
    () => false,
  );
}

/** What keeps a result from being good; nothing, it is hoped. `strict`: on a machine that does nothing else. */
export function faultsOf(result: WeatherResult, strict: boolean): string[] {
  const { wrong, slow, times, timesWithout, usedAgainAfter, asked, redirectsThen, stale } = result;
  const faults: [boolean, string][] = [
    [wrong > 0, `${wrong} redirects went wrong`],
    [slow > 100, `${slow} redirects took over 300 ms`],
    [times.median > timesWithout.median + 12, "half of the redirects waited for the cache"],
    [strict && times.p99 > timesWithout.p99 + 20, "p99 is more than 20 ms above the node without a cache"],
    [usedAgainAfter > 5000, `it was used again only after ${usedAgainAfter} ms`],
    [asked < redirectsThen / 2, "it was not asked after its return"],
    [stale > 0, `${stale} redirects went to an old target after its return`],
  ];
  return faults.filter(([is]) => is).map(([, fault]) => fault);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { cache: { type: "string" }, weather: { type: "string" }, mutant: { type: "string" } },
  });
  const { weather, mutant } = values;
  let faulty = false;
  for (const cache of ["redis", "memcached"] as const) {
    if (values.cache !== undefined && values.cache !== cache) continue;
    const weathers = weather === undefined ? {} : { weathers: [weather as Weather["name"]] };
    for (const one of await weatherProof({ cache, duration: 5000, mutant, ...weathers })) {
      const faults = faultsOf(one, true);
      faulty ||= faults.length > 0;
      console.log(
        `${cache} ${one.weather}: ${one.redirects} redirects, ${one.wrong} wrong, ${one.slow} over 300 ms; ` +
          `given up after ${one.givenUpAfter ?? "-"} ms, then median ${one.times.median} p99 ${one.times.p99} ms, ` +
          `without a cache ${one.timesWithout.median} and ${one.timesWithout.p99} ms; used again after ${one.usedAgainAfter} ms ` +
          `(${one.asked} gets for ${one.redirectsThen} redirects); ${one.stale} of ${one.visited} stale` +
          faults.map((fault) => `\n  ${fault}`).join(""),
      );
    }
  }
  process.exit(faulty ? 1 : 0);
}
