import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";

export interface ProxyOptions {
  /** Host and port of each node. */
  readonly nodes: readonly string[];
  /** Changes the configuration, to show what a line is good for. */
  readonly edit?: (configuration: string) => string;
}

/** A proxy in front of nodes. */
export interface Proxy {
  readonly url: string;
  /** The authority of its certificate, if it has one. */
  readonly ca: string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const target = "https://example.com/";
const hostOf = (server: Server) => new URL(server.url).host;

/** What is asked of every proxy of `deploy/`. `careless`: the configuration without its second tries. */
export function describeProxy(
  make: (options: ProxyOptions) => Proxy,
  careless: (configuration: string) => string,
): void {
  describe("in front of two nodes", () => {
    const nodes: Server[] = [];
    const proxies: Proxy[] = [];

    beforeAll(async () => {
      // Each on a store of its own: GETs of one slug are all that is asked here. They believe what the proxy says.
      const options = { args: ["--workers", "1"], env: { CURT_STORE: "sqlite", CURT_TRUSTED_PROXIES: "127.0.0.1" } };
      nodes.push(...(await Promise.all([startServer(options), startServer(options)])));
      for (const node of nodes) {
        const made = await fetch(`${node.url}/api/v1/links`, {
          method: "POST",
          headers: { Authorization: `Bearer ${node.key}`, "Content-Type": "application/json" },
          body: JSON.stringify({ url: target, slug: "here" }),
        });
        expect(made.status).toBe(201);
      }
    });
    afterEach(() => Promise.all(proxies.splice(0).map((one) => one.stop())));
    afterAll(() => Promise.all(nodes.map((one) => one.stop())));

    async function proxy(options: Partial<ProxyOptions> = {}): Promise<Proxy> {
      const made = make({ nodes: nodes.map(hostOf), ...options });
      proxies.push(made);
      await made.start();
      return made;
    }

    /** What a visitor gets, on a connection of its own. */
    const ask = (one: Proxy, path: string, init: RequestInit = {}) =>
      fetch(`${one.url}${path}`, {
        redirect: "manual",
        keepalive: false,
        ...init,
        ...(one.ca === undefined ? {} : { tls: { ca: one.ca } }),
      });

    /** Visitors while something is done twice to node 2, which is there again before the next time. */
    async function visitedDuring(one: Proxy, hurt: () => Promise<unknown>): Promise<{ good: number; bad: string[] }> {
      const bad: string[] = [];
      let good = 0;
      const load = new Load<void>({
        url: one.url,
        path: "/here",
        connections: 16,
        ca: one.ca,
        sent: () => {},
        answered: ({ status, location }) => {
          if (status === 302 && location === target) good++;
          else bad.push(`${status}`);
        },
        failed: (why) => void bad.push(why),
      });
      try {
        await until(() => good > 500, 20_000);
        for (let i = 0; i < 2; i++) {
          await hurt();
          const sofar = good;
          await until(() => good > sofar + 500, 20_000);
          await nodes[1]?.restart();
          await Bun.sleep(1500);
        }
      } finally {
        await load.stop();
      }
      return { good, bad };
    }

    test("a node killed with -9 under load costs no GET", async () => {
      const { good, bad } = await visitedDuring(await proxy(), async () => nodes[1]?.kill9());
      expect(bad).toEqual([]);
      expect(good).toBeGreaterThan(1000);
    });

    test("a node that drains under load costs no GET", async () => {
      const { bad } = await visitedDuring(await proxy(), async () => expect(await nodes[1]?.terminate()).toBe(0));
      expect(bad).toEqual([]);
    });

    test("without its second tries visitors notice: the tests above can fail", async () => {
      const { bad } = await visitedDuring(await proxy({ edit: careless }), async () => nodes[1]?.kill9());
      expect(bad.length).toBeGreaterThan(0);
    });

    test("says who the visitor is, whatever the visitor says; sends only a GET twice", async () => {
      const seen: { method: string; from: string | null; host: string | null }[] = [];
      // Answers what is asked for its health, and dies on everything else without an answer.
      const rude: Bun.TCPSocketListenOptions<undefined> = {
        hostname: "127.0.0.1",
        port: 0,
        socket: {
          data(socket, data) {
            const text = data.toString();
            if (/^GET \/(readyz|healthz) /.test(text)) {
              socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
              return;
            }
            const header = (name: string) => new RegExp(`^${name}: (.*)\\r$`, "im").exec(text)?.[1] ?? null;
            seen.push({ method: text.split(" ")[0] ?? "", from: header("x-forwarded-for"), host: header("host") });
            socket.terminate();
          },
        },
      };
      const both = [Bun.listen(rude), Bun.listen(rude)];
      const options = { nodes: both.map(({ port }) => `127.0.0.1:${port}`) };
      const headers = { "X-Forwarded-For": "192.0.2.1" };
      for (const method of ["POST", "PATCH", "DELETE"]) {
        // Each time another: a proxy may leave a node alone that has just failed.
        const one = await proxy(options);
        seen.length = 0;
        const answer = await ask(one, "/x", { method, headers, ...(method === "DELETE" ? {} : { body: "x" }) });
        expect(answer.status).toBe(502);
        expect(seen).toEqual([{ method, from: "127.0.0.1", host: new URL(one.url).host }]);
      }
      const one = await proxy(options);
      seen.length = 0;
      expect((await ask(one, "/x", { headers })).status).toBeOneOf([502, 503]);
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.every(({ method, from }) => method === "GET" && from === "127.0.0.1")).toBe(true);
      for (const node of both) node.stop(true);
    });

    test("passes on what a node says, and hides the metrics", async () => {
      const one = await proxy();
      const slug = await ask(one, "/not//a%2Fslug");
      expect(slug.status).toBe(404);
      expect((await ask(one, "/here", { method: "HEAD" })).headers.get("location")).toBe(target);
      const key = { Authorization: `Bearer ${nodes[0]?.key}` };
      expect((await ask(one, "/metrics", { headers: key })).status).toBe(404);
      expect((await ask(one, "/api/v1/links", { headers: { Authorization: "Bearer x" } })).status).toBe(401);
    });
  });
}
