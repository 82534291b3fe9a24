/**
 * Workers are replaced, and the server is ended, under load.
 *   npm run proof -- recycle [--recycles N] [--mutant no-drain]
 * No request may fail while workers are recycled, and after SIGTERM every request that was read is answered.
 * With the mutant it must find failures.
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { Load } from "../load.ts";
import { until } from "../process-list.ts";
import { type Server, startServer } from "../server.ts";

export interface RecycleResult {
  readonly recycles: number;
  readonly requests: number;
  readonly failed: number;
  /** What made the load. */
  readonly by: "wrk" | "sockets";
}

export interface TerminateResult {
  readonly requests: number;
  readonly answeredAfterSignal: number;
  /** Requests sent before the signal, or so soon after it that the workers still listened, without an answer. */
  readonly failed: number;
  readonly exitCode: number | null;
}

interface ProofOptions {
  readonly mutant?: string | undefined;
}

/** Workers answer for 1 s after the signal; what is sent later than this may meet a closed port. In ms. */
export const surelyRead = 900;

/** Recycles at least so many of 4 workers, one after another, under 64 busy connections. */
export async function recycleProof(options: ProofOptions & { recycles: number }): Promise<RecycleResult> {
  const server = await hotServer(options.mutant);
  try {
    const load = Bun.which("wrk") === null ? socketLoad(server) : wrkLoad(server);
    await Bun.sleep(300);
    let recycles = 0;
    for (; recycles < options.recycles; recycles += 4) {
      const done = () => server.output().split("Every worker was recycled.").length - 1;
      const before = done();
      process.kill(server.pid, "SIGUSR2");
      await until(() => done() > before, 60_000);
    }
    await Bun.sleep(300);
    return { recycles, ...(await load()) };
  } finally {
    await server.stop();
  }
}

/** Ends all of 4 workers by SIGTERM under 64 busy connections. */
export async function terminateProof(options: ProofOptions = {}): Promise<TerminateResult> {
  const server = await hotServer(options.mutant);
  let [requests, answeredAfterSignal, failed] = [0, 0, 0];
  let signalled = Number.POSITIVE_INFINITY;
  try {
    const load = new Load({
      url: server.url,
      path: "/hot",
      connections: 64,
      sent: () => performance.now(),
      answered: ({ status }, sent) => {
        requests++;
        if (status !== 302) failed++;
        if (sent > signalled) answeredAfterSignal++;
      },
      failed: (_why, sent = performance.now()) => {
        if (sent < signalled + surelyRead) failed++;
      },
    });
    await Bun.sleep(500);
    process.kill(server.pid, "SIGTERM");
    signalled = performance.now();
    const exitCode = await server.ended(12_000);
    await load.stop();
    return { requests, answeredAfterSignal, failed, exitCode };
  } finally {
    await server.stop();
  }
}

async function hotServer(mutant: string | undefined): Promise<Server> {
  const server = await startServer({
    args: ["--workers", "4"],
    env: mutant === undefined ? {} : { CURT_MUTANT: mutant },
  });
  await until(() => server.output().includes("Curt on "), 10_000);
  const made = await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "hot" });
  if (made.status !== 201) throw new Error(`The link was answered with ${made.status}.`);
  return server;
}

type Loaded = Omit<RecycleResult, "recycles">;

function wrkLoad(server: Server): () => Promise<Loaded> {
  const child = Bun.spawn(["wrk", "-t1", "-c64", "-d600s", "--timeout", "30s", `${server.url}/hot`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return async () => {
    // It then prints what it counted so far.
    child.kill("SIGINT");
    const text = await child.stdout.text();
    const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
    const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
    const failed = errors.reduce((sum, one) => sum + Number(one), number(/Non-2xx or 3xx responses: (\d+)/));
    return { by: "wrk", requests: number(/(\d+) requests in/), failed };
  };
}

function socketLoad(server: Server): () => Promise<Loaded> {
  let [requests, failed] = [0, 0];
  const load = new Load({
    url: server.url,
    path: "/hot",
    connections: 64,
    sent: () => undefined,
    answered: ({ status }) => {
      requests++;
      if (status !== 302) failed++;
    },
    failed: () => failed++,
  });
  return async () => {
    await load.stop();
    return { by: "sockets", requests, failed };
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { recycles: { type: "string" }, mutant: { type: "string" } } });
  const { mutant } = values;
  const recycled = await recycleProof({ recycles: Number(values.recycles ?? 12), mutant });
  console.log(
    `${recycled.recycles} workers recycled under ${recycled.requests} requests (${recycled.by}): ${recycled.failed} failed`,
  );
  const ended = await terminateProof({ mutant });
  console.log(
    `SIGTERM under ${ended.requests} requests, ${ended.answeredAfterSignal} of them sent after it: ${ended.failed} failed, exit code ${ended.exitCode}`,
  );
  process.exit(recycled.failed === 0 && ended.failed === 0 && ended.exitCode === 0 ? 0 : 1);
}
