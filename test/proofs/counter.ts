/**
 * `counter` slugs never repeat, with several workers that are killed at random while they lease ids.
 * Every answered slug is kept outside the server, and none may have been answered twice.
 *   npm run proof -- counter [--slugs N] [--kills N]
 */
import { parseArgs } from "node:util";
import { workersOf } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";

export interface CounterResult {
  readonly slugs: number;
  readonly repeated: number;
  readonly kills: number;
  readonly shortest: number;
  readonly longest: number;
}

/** Creates at least `slugs` links on 4 workers while one of them at a time is killed with -9, `kills` times. */
export async function counterProof(options: { slugs: number; kills: number }): Promise<CounterResult> {
  const server = await startServer({ args: ["--workers", "4", "--slugs", "counter"] });
  const answered: string[] = [];
  let kills = 0;
  let running = true;
  try {
    const clients = Array.from({ length: 16 }, async () => {
      while (answered.length < options.slugs) answered.push(...(await createSome(server)));
    });
    const killer = (async () => {
      while (running && kills < options.kills) {
        await Bun.sleep(100 + Math.random() * 300);
        const workers = workersOf(server.pid);
        const one = workers[Math.floor(Math.random() * workers.length)];
        if (one === undefined || !running) continue;
        process.kill(one, "SIGKILL");
        kills++;
      }
    })();
    await Promise.all(clients);
    running = false;
    await killer;
  } finally {
    running = false;
    await server.stop();
  }
  const lengths = answered.map((slug) => slug.length);
  return {
    slugs: answered.length,
    repeated: answered.length - new Set(answered).size,
    kills,
    shortest: Math.min(...lengths.slice(0, 1000)),
    longest: lengths.reduce((a, b) => Math.max(a, b), 0),
  };
}

/** Creates some links in one batch; what a killed worker did not answer is not counted. */
async function createSome(server: Server): Promise<string[]> {
  const lines = Array.from({ length: 50 }, (_, i) => `${JSON.stringify({ url: `https://example.com/${i}` })}\n`).join(
    "",
  );
  try {
    const answer = await fetch(`${server.url}/api/v1/links/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/x-ndjson", connection: "close" },
      body: lines,
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status !== 200) throw new Error(`A batch was answered with ${answer.status}: ${await answer.text()}`);
    const results = (await answer.text()).trim().split("\n");
    return results.flatMap((line) => (JSON.parse(line) as { link?: { slug: string } }).link?.slug ?? []);
  } catch (error) {
    if (error instanceof Error && /batch was answered/.test(error.message)) throw error;
    await Bun.sleep(20);
    return [];
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { slugs: { type: "string" }, kills: { type: "string" } } });
  const result = await counterProof({ slugs: Number(values.slugs ?? 100_000), kills: Number(values.kills ?? 20) });
  console.log(
    `${result.slugs} slugs of ${result.shortest} to ${result.longest} characters, ${result.repeated} repeated, ${result.kills} workers killed`,
  );
  process.exit(result.repeated === 0 && result.kills > 0 ? 0 : 1);
}
