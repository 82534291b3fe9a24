import { Load } from "../load.ts";
import type { Server } from "../server.ts";

/** Makes links with slugs `c0`, `c1` and so on, and gives the slugs. */
export async function makeLinks(server: Pick<Server, "url" | "key">, count: number): Promise<string[]> {
  const slugs = Array.from({ length: count }, (_, i) => `c${i}`);
  const lines = slugs.map((slug) => `${JSON.stringify({ url: `https://example.com/${slug}`, slug })}\n`);
  const answer = await fetch(`${server.url}/api/v1/links/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/x-ndjson" },
    body: lines.join(""),
  });
  const made = (await answer.text()).trim().split("\n");
  if (answer.status !== 200 || made.length !== count) throw new Error(`Links were not made: ${made[0]}`);
  return slugs;
}

export interface Tallied {
  /** Redirects that came back whole. */
  received: number;
  /** Requests without a whole answer: they may have been counted, or not. */
  unanswered: number;
  /** Answers that were no redirect. */
  other: number;
}

/** Visitors who follow these links until `stop`, which lets each have its last answer. */
export function visitors(server: Pick<Server, "url">, slugs: readonly string[], connections = 64) {
  const tallied: Tallied = { received: 0, unanswered: 0, other: 0 };
  let next = 0;
  const load = new Load<undefined>({
    url: server.url,
    path: () => `/${slugs[next++ % slugs.length]}`,
    connections,
    sent: () => undefined,
    answered: ({ status }) => {
      if (status === 302) tallied.received++;
      else tallied.other++;
    },
    failed: (why) => {
      if (why !== "refused") tallied.unanswered++;
    },
  });
  return { tallied, stop: () => load.stop() };
}

/** A value of the server's metrics, of all processes of the machine. */
export async function metric(server: Pick<Server, "url" | "key">, name: string): Promise<number> {
  const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.key}` } });
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(await answer.text())?.[1] ?? 0);
}

/**
 * Waits until a count is as it should be and stays so for 3 s, or does not change for 20 s, at most 2 minutes; and gives
 * it, whatever it is.
 */
export async function settled(count: () => Promise<number>, isRight: (count: number) => boolean): Promise<number> {
  const until = performance.now() + 120_000;
  let last = await count();
  let since = performance.now();
  while (performance.now() - since < (isRight(last) ? 3_000 : 20_000) && performance.now() < until) {
    await Bun.sleep(200);
    const now = await count();
    if (now !== last) since = performance.now();
    last = now;
  }
  return last;
}
