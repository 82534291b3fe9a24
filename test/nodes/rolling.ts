import { ask } from "../client.ts";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";
import type { Server } from "../server.ts";
import type { Haproxy } from "../servers/haproxy.ts";

export interface Visits {
  readonly gets: number;
  readonly creates: number;
  /** What went wrong, and when in ms since the last step began: nothing, it is hoped. */
  readonly failed: readonly string[];
}

const target = "https://example.com/";

/** Visitors of a load balancer, and programs that make links through it, from now until `end` is called. */
export class Visitors {
  readonly #load: Load<void>;
  readonly #programs: Promise<void>[];
  readonly #failed: string[] = [];
  #gets = 0;
  #creates = 0;
  #step = "start";
  #since = performance.now();
  #ended = false;

  /** `creators` programs, each making a link every 20 ms; the nodes share the admin key `key`. */
  constructor(balancer: Haproxy, key: string, creators: number) {
    this.#load = new Load<void>({
      url: balancer.url,
      path: "/here",
      connections: 16,
      sent: () => {},
      answered: ({ status, location }) => {
        this.#gets++;
        if (status !== 302 || location !== target) this.#fail(`GET ${status}`);
      },
      failed: (why) => this.#fail(`GET ${why}`),
    });
    this.#programs = Array.from({ length: creators }, () => this.#program({ url: balancer.url, key }));
  }

  get gets(): number {
    return this.#gets;
  }

  /** Names what is done from now on, for the list of what failed. */
  step(name: string): void {
    this.#step = name;
    this.#since = performance.now();
  }

  async end(): Promise<Visits> {
    this.#ended = true;
    await Promise.all([this.#load.stop(), ...this.#programs]);
    return { gets: this.#gets, creates: this.#creates, failed: this.#failed };
  }

  async #program(server: { url: string; key: string }): Promise<void> {
    while (!this.#ended) {
      try {
        const { status } = await ask(server, "POST", "/api/v1/links", { url: target });
        this.#creates++;
        if (status !== 201) this.#fail(`POST ${status}`);
      } catch (error) {
        this.#creates++;
        this.#fail(`POST ${error}`);
      }
      await Bun.sleep(20);
    }
  }

  #fail(what: string): void {
    this.#failed.push(`${what} ${Math.round(performance.now() - this.#since)} ms after ${this.#step}`);
  }
}

/** Makes the link that the visitors follow (the second node finds it made). */
export async function makeLink(nodes: readonly Pick<Server, "url" | "key">[]): Promise<void> {
  for (const node of nodes) await ask(node, "POST", "/api/v1/links", { url: target, slug: "here" });
}

/** Waits until the load balancer sends visitors to both nodes. */
export async function bothUp(balancer: Haproxy): Promise<void> {
  for (const node of ["node1", "node2"]) await until(async () => (await balancer.stateOf(node)) === "UP", 10_000);
}
