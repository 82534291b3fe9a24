import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { need, programPath } from "../install.ts";
import { Load } from "../load.ts";
import { isAlive, until } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";
import { type Haproxy, type HaproxyOptions, startHaproxy } from "./haproxy.ts";

const target = "https://example.com/";
const hostOf = (server: Server) => new URL(server.url).host;

describe.skipIf(!need("haproxy"))("the load balancer as deployed", () => {
  const nodes: Server[] = [];
  const balancers: Haproxy[] = [];

  beforeAll(async () => {
    // Each on a store of its own: GETs of one slug are all that is asked here.
    nodes.push(
      ...(await Promise.all([startServer({ args: ["--workers", "1"] }), startServer({ args: ["--workers", "1"] })])),
    );
    for (const node of nodes) {
      const made = await fetch(`${node.url}/api/v1/links`, {
        method: "POST",
        headers: { Authorization: `Bearer ${node.key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ url: target, slug: "here" }),
      });
      expect(made.status).toBe(201);
    }
  });
  afterEach(() => Promise.all(balancers.splice(0).map((one) => one.stop())));
  afterAll(() => Promise.all(nodes.map((one) => one.stop())));

  async function balance(options: Partial<HaproxyOptions> = {}): Promise<Haproxy> {
    const balancer = await startHaproxy({ nodes: nodes.map(hostOf), ...options });
    balancers.push(balancer);
    return balancer;
  }

  /** Visitors while node 2 dies with -9 and comes back. */
  async function deathUnderLoad(balancer: Haproxy): Promise<{ good: number; bad: string[] }> {
    const bad: string[] = [];
    let good = 0;
    const load = new Load<void>({
      url: balancer.url,
      path: "/here",
      connections: 16,
      sent: () => {},
      answered: ({ status, location }) => {
        if (status === 302 && location === target) good++;
        else bad.push(`${status}`);
      },
      failed: (why) => void bad.push(why),
    });
    try {
      await until(() => good > 500, 10_000);
      for (let i = 0; i < 3; i++) {
        await nodes[1]?.kill9();
        const sofar = good;
        await until(() => good > sofar + 500, 10_000);
        await nodes[1]?.restart();
        await until(async () => (await balancer.stateOf("node2")) === "UP", 5000);
      }
    } finally {
      await load.stop();
    }
    return { good, bad };
  }

  test("is a configuration that HAProxy finds nothing to say about", () => {
    const file = join(import.meta.dir, "..", "..", "deploy", "haproxy", "haproxy.cfg");
    const checked = Bun.spawnSync([programPath("haproxy") ?? "", "-c", "-f", file]);
    expect(`${checked.stdout}${checked.stderr}`.trim()).toBe("Configuration file is valid");
    expect(checked.exitCode).toBe(0);
  });

  test("a node killed with -9 under load costs no GET, and is used again", async () => {
    const { good, bad } = await deathUnderLoad(await balance());
    expect(bad).toEqual([]);
    expect(good).toBeGreaterThan(1000);
  });

  test("without its retries visitors notice: the test above can fail", async () => {
    const edit = (text: string) =>
      text.replace(/^ +(retry-on|option redispatch) .*$/gm, "").replace("retries 3", "retries 0");
    const { bad } = await deathUnderLoad(await balance({ edit }));
    expect(bad.length).toBeGreaterThan(0);
  });

  /** Takes the lines away by which all are asked when all are taken for dead. */
  const without = (text: string) => text.replace(/^ +(server \S+-anyway|option allbackups).*$/gm, "");

  test("drains by hand: a drained node gets no new visitors, but where it is the only one", async () => {
    const answers = [];
    for (const edit of [without, (text: string) => text]) {
      const balancer = await balance({ edit });
      await balancer.command("set server curt/node1 state drain");
      expect(await balancer.stateOf("node1")).toBe("DRAIN");
      await nodes[1]?.kill9();
      await until(async () => (await balancer.stateOf("node2")).startsWith("DOWN"), 5000);
      const { status, headers } = await fetch(`${balancer.url}/here`, { redirect: "manual", keepalive: false });
      answers.push([status, headers.get("retry-after")]);
      await balancer.command("set server curt/node1 state ready");
      expect((await fetch(`${balancer.url}/here`, { redirect: "manual", keepalive: false })).status).toBe(302);
      await nodes[1]?.restart();
    }
    expect(answers).toEqual([
      [503, "1"],
      [302, null],
    ]);
  });

  test("nodes that have no time to answer for their health are asked all the same; without its second lines they are not", async () => {
    // Too busy for what HAProxy asks, and not for visitors: of two slow things the one that nobody waits for for a second only.
    const busy: Bun.TCPSocketListenOptions<undefined> = {
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, data) {
          if (!data.toString().startsWith("GET /readyz"))
            socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        },
      },
    };
    const both = [Bun.listen(busy), Bun.listen(busy)];
    const statuses = [];
    for (const edit of [without, (text: string) => text]) {
      const balancer = await balance({ nodes: both.map(({ port }) => `127.0.0.1:${port}`), edit });
      for (const node of ["node1", "node2"])
        await until(async () => (await balancer.stateOf(node)).startsWith("DOWN"), 20_000);
      const visit = async () => (await fetch(`${balancer.url}/x`, { redirect: "manual", keepalive: false })).status;
      statuses.push(await Promise.all(Array.from({ length: 10 }, visit)));
    }
    expect(statuses).toEqual([Array(10).fill(503), Array(10).fill(204)]);
    for (const one of both) one.stop(true);
  });

  test("says who the visitor is, whatever the visitor says; sends no POST twice", async () => {
    const seen: { method: string; from: string | null }[] = [];
    // Answers what HAProxy asks for its health, and dies on everything else without an answer.
    const rude = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, data) {
          const text = data.toString();
          if (text.startsWith("GET /readyz")) {
            socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return;
          }
          const from = /^x-forwarded-for: (.*)\r$/im.exec(text)?.[1] ?? null;
          seen.push({ method: text.split(" ")[0] ?? "", from });
          socket.terminate();
        },
      },
    });
    const address = `127.0.0.1:${rude.port}`;
    const balancer = await balance({ nodes: [address, address] });
    seen.length = 0;
    const headers = { "X-Forwarded-For": "192.0.2.1" };
    const post = await fetch(`${balancer.url}/x`, { method: "POST", body: "x", headers, keepalive: false });
    expect(post.status).toBe(502);
    expect(seen).toEqual([{ method: "POST", from: "127.0.0.1" }]);
    const get = await fetch(`${balancer.url}/x`, { headers, keepalive: false });
    expect(get.status).toBe(502);
    expect(seen.filter(({ method, from }) => method === "GET" && from === "127.0.0.1")).toHaveLength(4);
    rude.stop(true);
  });

  test("comes back after kill -9 and leaves no process", async () => {
    const balancer = await balance();
    const first = balancer.pid;
    await balancer.restart();
    expect(isAlive(first)).toBe(false);
    const last = balancer.pid;
    await balancer.stop();
    expect(isAlive(last)).toBe(false);
  });
});
