import { join } from "node:path";
import { agentOf } from "../../src/clicks/agents.ts";

/** Of a labelled set, how many were recognised rightly. */
export interface Accuracy {
  readonly of: string;
  readonly set: string;
  readonly right: number;
  readonly all: number;
  /** The commonest mistakes. */
  readonly mistakes: readonly string[];
}

interface Labelled {
  readonly text: string;
  readonly label: string;
}

/** The names of the sets beside ours. */
const browsers: Readonly<Record<string, string>> = {
  chrome: "Chrome",
  edge: "Microsoft Edge",
  firefox: "Firefox",
  safari: "Safari",
  opera: "Opera",
  ie: "Internet Explorer",
};
const systems: Readonly<Record<string, string>> = {
  windows: "Windows",
  "mac-os": "macOS",
  linux: "Linux",
  "chrome-os": "Chrome OS",
  android: "Android",
  ios: "iOS",
};

interface RealAgent {
  readonly pattern: string;
  readonly browserId: string;
  readonly operatingSystemId: string;
}

/** What is right of all agents of the public sets: npm's `@ulixee/real-user-agents`, `user-agents`, `crawler-user-agents`. */
export async function accuracies(): Promise<Accuracy[]> {
  const real = Object.values(
    await json<Record<string, RealAgent>>("@ulixee/real-user-agents/data/userAgentsById.json"),
  );
  const visitors = await json<{ userAgent: string; deviceCategory: string }[]>("user-agents/dist/user-agents.json");
  const crawlers = await json<{ instances: string[] }[]>("crawler-user-agents/crawler-user-agents.json");
  const name = (id: string) => id.replace(/-\d.*$/, "");
  const [ulixee, agents] = ["@ulixee/real-user-agents", "user-agents"];
  return [
    judge(
      "browser",
      ulixee,
      real.map(({ pattern, browserId }) => ({ text: pattern, label: browsers[name(browserId)] ?? browserId })),
      (text) => agentOf(text).browser,
    ),
    judge(
      "system",
      ulixee,
      real.map(({ pattern, operatingSystemId: id }) => ({ text: pattern, label: systems[name(id)] ?? id })),
      (text) => agentOf(text).os,
    ),
    judge(
      "device",
      agents,
      visitors.map(({ userAgent, deviceCategory }) => ({ text: userAgent, label: deviceCategory })),
      (text) => agentOf(text).device,
    ),
    judge(
      "bot",
      "crawler-user-agents",
      crawlers.flatMap(({ instances }) => instances.map((text) => ({ text, label: "bot" }))),
      (text) => (agentOf(text).bot === "" ? "person" : "bot"),
    ),
    judge(
      "person",
      agents,
      visitors.map(({ userAgent }) => ({ text: userAgent, label: "person" })),
      (text) => (agentOf(text).bot === "" ? "person" : "bot"),
    ),
  ];
}

/** One line for each. */
export function lineOf({ of, set, right, all, mistakes }: Accuracy): string {
  const wrong = mistakes.length === 0 ? "" : `; e.g. ${mistakes.join("; ")}`;
  return `${of}: ${((100 * right) / all).toFixed(2)} % of ${all} agents of ${set}${wrong}`;
}

function judge(of: string, set: string, agents: readonly Labelled[], found: (text: string) => string): Accuracy {
  const wrong = agents.flatMap(({ text, label }) => {
    const name = found(text);
    return name === label ? [] : [`${label} as ${name === "" ? "unknown" : name}`];
  });
  const groups = [...Map.groupBy(wrong, (one) => one)].sort(([, a], [, b]) => b.length - a.length);
  const mistakes = groups.slice(0, 3).map(([what, some]) => `${what} ${some.length} times`);
  return { of, set, right: agents.length - wrong.length, all: agents.length, mistakes };
}

async function json<T>(path: string): Promise<T> {
  // By its place: packages hide the files that they don't export.
  return (await Bun.file(join(import.meta.dir, "..", "..", "node_modules", path)).json()) as T;
}
