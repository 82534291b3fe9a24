import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { adminKeyOf } from "../admin-key.ts";
import { figuresOf, liveLine, tooBusy } from "../bench/figures.ts";
import { carryOut, type Outcome, type Profile } from "../bench/load.ts";
import { reportHtml } from "../bench/report.ts";
import { plain, remark, say, sayJson, table } from "../output.ts";
import { showProgress } from "../progress.ts";
import { CommandFailed, type Context, complete, WrongUsage, wholeNumber } from "../shell.ts";

interface Options {
  readonly users: number;
  readonly ramp: number;
  readonly loops?: number;
  readonly for: number;
  readonly pause: number;
  readonly create?: boolean;
  readonly report?: string;
}

/** `curt bench URL`: load from this machine, with a live display, and a report. */
export function define(command: Command): void {
  command
    .argument("<url>", "A short link to follow, or with --create the address of a server.")
    .option(
      "--users <number>",
      "How many ask at once, each again when it is answered.",
      wholeNumber("--users", 1, 10_000),
      20,
    )
    .option("--ramp <time>", "Over which time they come, such as 2s.", time("--ramp"), 0)
    .option(
      "--loops <number>",
      "How often each asks; otherwise they ask until --for is over.",
      wholeNumber("--loops", 1, 1e9),
    )
    .option("--for <time>", "For how long they ask, such as 30s or 5m, an hour at most.", time("--for"), 10_000)
    .option("--pause <time>", "How long each waits after an answer.", time("--pause"), 0)
    .option("--create", "Make links, a new one with each request, instead of following one.")
    .option("--report <file>", "Write a page with plots, which needs no other file.");
  complete(command, ["CURT_KEY", "CURT_DATA"], (context) =>
    run(context, command.args[0] ?? "", command.opts<Options>()),
  );
}

async function run(context: Context, address: string, options: Options): Promise<number> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new WrongUsage(`curt bench: got ${JSON.stringify(address)}, takes an http or https address.`);
  const profile = await profileOf(context, url, options);
  const at = new Date();
  const { loops } = options;
  const progress = showProgress("bench", 100);
  const outcome = await carryOut(url, profile, context.interrupted, (soFar) => {
    const done = loops === undefined ? soFar.took / profile.lasts : soFar.all.total / (loops * profile.users);
    progress.update(Math.min(100, 100 * done), liveLine(soFar));
  }).finally(() => progress.stop());
  const words = wordsOf(options);
  if (options.report !== undefined) keep(options.report, reportHtml(outcome, { url: address, profile: words, at }));
  await show(context, outcome);
  if (outcome.all.total === 0) throw new CommandFailed("Nothing was asked.");
  return outcome.errors === 0 ? 0 : 1;
}

async function profileOf(context: Context, url: URL, options: Options): Promise<Profile> {
  const shape = {
    users: options.users,
    ramp: options.ramp,
    loops: options.loops,
    lasts: options.for,
    pause: options.pause,
  };
  if (options.create !== true) {
    const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: curt-bench\r\nAccept: */*\r\n\r\n`;
    return { ...shape, next: () => request, isGood: (status) => status >= 200 && status < 400 };
  }
  // The key that is kept in the data folder goes to this machine and to no other.
  const key = await adminKeyOf({ ...context.config, server: url.origin });
  // Different from run to run, so that each is a link of its own.
  const run = crypto.randomUUID();
  let number = 0;
  const next = () => {
    const body = JSON.stringify({ url: `https://example.org/bench/${run}/${number++}` });
    return `POST /api/v1/links HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  return { ...shape, next, isGood: (status) => status === 201 };
}

function wordsOf({ users, ramp, loops, for: lasts, pause, create }: Options): string {
  const what = create === true ? "making links" : "following a link";
  const come = ramp === 0 ? "" : ` who come over ${ramp / 1000} s`;
  const long = loops === undefined ? `for ${lasts / 1000} s` : `${loops} times each`;
  return `${users} users${come}, ${what} ${long}${pause === 0 ? "" : `, ${pause} ms apart`}.`;
}

async function show(context: Context, outcome: Outcome): Promise<void> {
  const figures = figuresOf(outcome);
  if (context.json) return sayJson({ ...figures, results: Object.fromEntries(outcome.results) });
  const { requests, perSecond, average, p50, p90, p95, p99, max, errors, busy } = figures;
  await say(`${requests} requests in ${(outcome.took / 1000).toFixed(1)} s: ${perSecond} a second, ${errors} errors`);
  await say(`ms  average ${average}  p50 ${p50}  p90 ${p90}  p95 ${p95}  p99 ${p99}  max ${max}`);
  for (const row of table([...outcome.results].map(([result, times]) => [plain(result), `${times}`]))) await say(row);
  if (busy > tooBusy)
    remark(`This program was busy for ${Math.round(busy * 100)} % of the time: a part of these times is its own.`);
}

function keep(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CommandFailed(`The report can't be written: ${error instanceof Error ? error.message : error}.`);
  }
}

/** A parser for a time such as 500ms, 2s or 5m, in ms. */
function time(flag: string): (value: string) => number {
  return (value) => {
    const [, number, unit] = /^(\d{1,7})(ms|s|m)$/.exec(value) ?? [];
    const ms = Number(number) * ({ ms: 1, s: 1000, m: 60_000 }[unit ?? ""] ?? Number.NaN);
    if (ms >= 0 && ms <= 3_600_000) return ms;
    throw new WrongUsage(`${flag}: got ${JSON.stringify(value)}, takes a time such as 500ms, 2s or 5m, at most 60m.`);
  };
}
