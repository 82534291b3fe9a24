import { ask } from "../client.ts";
import { Load } from "../load.ts";
import type { Server } from "../server.ts";

export interface Visit {
  /** When it left, and how long its answer took, in ms. */
  readonly at: number;
  readonly took: number;
}

/** In ms. */
export interface Times {
  readonly median: number;
  readonly p99: number;
}

/** What visitors of one node found. */
export interface Visitors {
  readonly visits: readonly Visit[];
  /** Answers that were not the redirect to the right target. */
  readonly wrong: number;
  stop(): Promise<void>;
}

const target = "https://example.com/";
const connections = 8;
const pause = 25;
/** Links that are edited, and that no visitor asks for before the cache has returned. */
const edited = 40;

/**
 * Links that are all in the shared cache and in no worker's memory: each node is asked for each of them once. So every
 * redirect needs the cache, or the store.
 */
export class ColdLinks {
  readonly #prefix: string;
  readonly #count: number;

  private constructor(prefix: string, count: number) {
    this.#prefix = prefix;
    this.#count = count;
  }

  /** Makes enough for visits of so many ms, and for the 10 s in which a cache may return. */
  static async make(server: Server, prefix: string, duration: number): Promise<ColdLinks> {
    const count = Math.ceil(((duration + 10_000) / pause) * connections);
    const links = new ColdLinks(prefix, count);
    const lines = Array.from({ length: count }, (_, i) => links.#line(`${prefix}${i}`));
    for (let i = 0; i < edited; i++) lines.push(links.#line(`${prefix}e${i}`));
    const answer = await fetch(`${server.url}/api/v1/links/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    const made = (await answer.text()).split('"slug":').length - 1;
    if (made !== lines.length) throw new Error(`${made} of ${lines.length} links were made.`);
    return links;
  }

  #line(slug: string): string {
    return JSON.stringify({ slug, url: `${target}${slug}` });
  }

  /** Lets visitors ask a node for one link after the other. */
  visit(server: Server): Visitors {
    const visits: Visit[] = [];
    let [next, slug, wrong] = [0, "", 0];
    const load = new Load({
      url: server.url,
      path: () => {
        slug = `${this.#prefix}${next++}`;
        // Beyond the last one they would be found in memory, or not at all.
        if (next > this.#count) wrong++;
        return `/${slug}`;
      },
      connections,
      pause,
      sent: () => ({ at: performance.now(), slug }),
      answered: ({ status, location }, sent) => {
        visits.push({ at: sent.at, took: performance.now() - sent.at });
        if (status !== 302 || location !== `${target}${sent.slug}`) wrong++;
      },
      failed: () => wrong++,
    });
    return {
      visits,
      get wrong() {
        return wrong;
      },
      stop: () => load.stop(),
    };
  }

  /** Edits the links that are kept for it, on one node after the other. */
  async edit(servers: readonly Server[]): Promise<void> {
    for (let i = 0; i < edited; i++) {
      const server = servers[i % servers.length];
      const slug = `${this.#prefix}e${i}`;
      if (server === undefined) throw new Error("There is no node.");
      const { status } = await ask(server, "PATCH", `/api/v1/links/${slug}`, { url: `${target}${slug}/edited` });
      if (status !== 200) throw new Error(`The edit of ${slug} was answered with ${status}.`);
    }
  }

  /** Asks for what was edited, on connections of their own so that every worker is asked. */
  async askEdited(server: Server): Promise<{ stale: number; visited: number }> {
    let [stale, visited] = [0, 0];
    for (let i = 0; i < edited; i++)
      for (let visitor = 0; visitor < 3; visitor++) {
        const slug = `${this.#prefix}e${i}`;
        const { headers } = await fetch(`${server.url}/${slug}`, { redirect: "manual", keepalive: false });
        visited++;
        if (headers.get("location") !== `${target}${slug}/edited`) stale++;
      }
    return { stale, visited };
  }
}

/** Of the visits that left between two times. */
export function timesOf(visits: readonly Visit[], from: number, to: number): Times {
  const times = visits.filter(({ at }) => at >= from && at < to).map(({ took }) => took);
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return { median: at(0.5), p99: at(0.99) };
}
