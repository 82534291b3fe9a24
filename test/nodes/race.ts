import { ask } from "../client.ts";
import { Load } from "../load.ts";
import type { Server } from "../server.ts";

export interface RaceResult {
  readonly edits: number;
  readonly redirects: number;
  readonly failed: number;
  /** Redirects by the node that had answered an edit before the request was sent, to what that edit replaced. */
  readonly oldHere: number;
  /** The same by another node, later than a second after the edit's answer. */
  readonly lateElsewhere: number;
  /** The longest time after an edit's answer at which another node was asked and gave what was before, in ms. */
  readonly longestElsewhereMs: number;
  /** Redirects to an older target than one the same node had given before the request was sent. */
  readonly comebacks: number;
  readonly slowestEditMs: number;
}

const target = "https://example.com/version/";

/** An edit that was answered. */
interface Edit {
  readonly node: number;
  readonly at: number;
}

/**
 * Edits one link for so many ms, on one node after the other, while visitors follow it on all of them. Each target says
 * which version it is, so each answer can be judged by what was known when its request left.
 */
export async function raceEdits(nodes: readonly Server[], duration: number): Promise<RaceResult> {
  const first = nodes[0];
  if (first === undefined) throw new Error("There is no node.");
  await ask(first, "POST", "/api/v1/links", { url: `${target}0`, slug: "raced" });
  /** What replaced version n - 1 stands at n. */
  const edits: (Edit | undefined)[] = [undefined];
  const seen = nodes.map(() => 0);
  const result = { edits: 0, redirects: 0, failed: 0, oldHere: 0, lateElsewhere: 0, comebacks: 0 };
  let [longestElsewhereMs, slowestEditMs] = [0, 0];

  const judge = (node: number, version: number, sent: { at: number; seen: number }) => {
    if (version < sent.seen) result.comebacks++;
    seen[node] = Math.max(seen[node] ?? 0, version);
    let elsewhere = false;
    for (let newer = version + 1; newer < edits.length; newer++) {
      const edit = edits[newer];
      if (edit === undefined || edit.at > sent.at) break;
      if (edit.node === node) {
        result.oldHere++;
        break;
      }
      if (elsewhere) continue;
      elsewhere = true;
      longestElsewhereMs = Math.max(longestElsewhereMs, sent.at - edit.at);
      if (sent.at - edit.at > 1000) result.lateElsewhere++;
    }
  };
  const loads = nodes.map(
    (server, node) =>
      new Load({
        url: server.url,
        path: "/raced",
        connections: 8,
        pause: 3,
        sent: () => ({ at: performance.now(), seen: seen[node] ?? 0 }),
        answered: ({ status, location }, sent) => {
          result.redirects++;
          if (status === 302 && location?.startsWith(target)) judge(node, Number(location.slice(target.length)), sent);
          else result.failed++;
        },
        failed: () => result.failed++,
      }),
  );
  try {
    // Every worker shall know the link before it changes.
    await Bun.sleep(500);
    const end = performance.now() + duration;
    while (performance.now() < end) {
      const node = edits.length % nodes.length;
      const from = performance.now();
      const { status } = await ask(nodes[node] ?? first, "PATCH", "/api/v1/links/raced", {
        url: `${target}${edits.length}`,
      });
      if (status !== 200) throw new Error(`Edit ${edits.length} was answered with ${status}.`);
      edits.push({ node, at: performance.now() });
      slowestEditMs = Math.max(slowestEditMs, performance.now() - from);
      // Some come close together, and some so far apart that everybody has heard of the one before.
      await Bun.sleep(edits.length % 20 === 0 ? 1200 : Math.random() * 150);
    }
    await Bun.sleep(300);
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
  return {
    ...result,
    edits: edits.length - 1,
    longestElsewhereMs: Math.round(longestElsewhereMs),
    slowestEditMs: Math.round(slowestEditMs),
  };
}
