import { ask, follow } from "../client.ts";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";

/** A whole stack behind one address, and how its parts are killed and started again. */
export interface Stack {
  readonly url: string;
  readonly key: string;
  kill(part: string): Promise<unknown>;
  start(part: string): Promise<unknown>;
  /** Returns when all is there again. */
  whole(): Promise<void>;
}

export interface KilledResult {
  /** For each part: GETs answered and failed until it was back, and creates that succeeded while it was dead. */
  readonly killed: Readonly<Record<string, { readonly gets: number; readonly failed: number; readonly made: number }>>;
  /** Visits of a link by its statistics, and as they were answered. */
  readonly clicks: number;
  readonly answered: number;
}

/** Kills parts of a stack one after another, each for so many seconds, while 16 visitors follow a link and links are made. */
export async function killInTurn(
  stack: Stack,
  parts: readonly string[],
  seconds: number,
  log: (line: string) => void,
): Promise<KilledResult> {
  const target = "https://example.com/loaded";
  const slug = `loaded-${crypto.randomUUID()}`;
  const made = await ask(stack, "POST", "/api/v1/links", { url: target, slug });
  if (made.status !== 201) throw new Error(`A link was not made: ${made.status}.`);
  let gets = 0;
  let answered = 0;
  const failed: string[] = [];
  const load = new Load({
    url: stack.url,
    path: `/${slug}`,
    connections: 16,
    pause: 20,
    sent: () => undefined,
    answered: ({ status, location }) => {
      gets++;
      if (status === 302) answered++;
      if (status !== 302 || location !== target) failed.push(`${status}`);
    },
    failed: (why) => failed.push(why),
  });
  const killed: Record<string, { gets: number; failed: number; made: number }> = {};
  try {
    await Bun.sleep(1000);
    for (const part of parts) {
      const before = { gets, failed: failed.length };
      await stack.kill(part);
      let links = 0;
      for (const end = performance.now() + 1000 * seconds; performance.now() < end; await Bun.sleep(100)) {
        // What a node that dies had in its hands is answered by nobody: only GETs are asked for again.
        const url = `https://example.com/${part}/${links}`;
        const answer = await ask(stack, "POST", "/api/v1/links", { url }).catch(() => undefined);
        if (answer?.status === 201) links++;
      }
      await stack.start(part);
      await stack.whole();
      killed[part] = { gets: gets - before.gets, failed: failed.length - before.failed, made: links };
      log(`${part}: ${JSON.stringify(killed[part])} ${[...new Set(failed)].join(", ")}`);
    }
  } finally {
    await load.stop();
  }
  // Each node, and each worker of it, may be 2 s late: the one asked last need not be the one that knows most.
  let clicks = 0;
  const allCounted = async () => {
    const { body } = await ask<{ clicks: number }>(stack, "GET", `/api/v1/links/${slug}`);
    clicks = Math.max(clicks, body.clicks ?? 0);
    return clicks >= answered;
  };
  await until(allCounted, 60_000).catch(() => undefined);
  const followed = await follow(stack, slug);
  if (followed.location !== target) throw new Error(`The link leads to ${followed.location}.`);
  return { killed, clicks, answered };
}

/** A configuration of HAProxy by which it asks nobody twice and nobody for his health: what bears a node's death must fail then. */
export function careless(configuration: string): string {
  return configuration
    .replace(/^ +(retry-on|option redispatch|option httpchk|http-check) .*$/gm, "")
    .replace(/^( +default-server) check .*$/gm, "$1 weight 1")
    .replace("retries 3", "retries 0");
}

/** What the result misses of what is promised; empty: nothing. */
export function missedOf({ killed, clicks, answered }: KilledResult): string[] {
  const lines: [boolean, string][] = [
    // A kill -9 of a Curt takes from the counts what that turn of its loop had read; what was asked twice may count twice.
    [Math.abs(answered - clicks) <= 16, `${clicks} clicks of ${answered}`],
    ...Object.entries(killed).flatMap(([name, { gets, failed, made }]): [boolean, string][] => [
      [failed === 0, `${failed} GETs failed when ${name} was killed`],
      [gets > 50 && made > 0, `only ${gets} GETs and ${made} creates while ${name} was dead`],
    ]),
  ];
  return lines.flatMap(([kept, line]) => (kept ? [] : [line]));
}
