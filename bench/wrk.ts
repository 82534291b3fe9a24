import { join } from "node:path";
import { programPath } from "../test/install.ts";
import { loadCpu } from "./machine.ts";

/** What every visitor's request carries besides its host: what a browser sends and click accounting reads. */
export const visitorHeaders: Readonly<Record<string, string>> = {
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
  Accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
  Referer: "https://news.example.org/item?id=41",
};

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** A file of paths, each of `width` bytes; by default the path of the URL, always. */
  readonly paths?: { readonly file: string; readonly width: number };
  /** The mean pause between an answer and the next request of a connection, in ms (none). */
  readonly pause?: number;
  /** A file with the body of a POST, in which "XXXXXXXX" is another number each time. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the load may run: on the second CPU, or wherever there is time. */
  readonly anywhere?: boolean;
  /** Whether answers of 400 and more are what is asked for. */
  readonly refusalsWanted?: boolean;
}

export interface Answered {
  readonly requests: number;
  readonly seconds: number;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers of 400 and more. */
  readonly refused: number;
}

/** One slice of load by wrk. Throws where something was not answered, or refused though that was not wanted. */
export async function load(options: Load): Promise<Answered> {
  const wrk = programPath("wrk");
  if (wrk === null) throw new Error("wrk is not installed.");
  const { paths, pause = 0, body = "-", headers = visitorHeaders } = options;
  const pin = options.anywhere === true ? [] : ["taskset", "-c", `${loadCpu}`];
  const child = Bun.spawn(
    [
      ...[...pin, wrk, "-t1", `-c${options.connections}`, `-d${options.seconds}s`, "--timeout", "10s"],
      ...["-s", join(import.meta.dir, "load.lua")],
      ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
      ...[options.url, "--", paths?.file ?? "-", `${paths?.width ?? 0}`, `${pause}`, body],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const [output, trouble] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const line = output.split("\n").findLast((one) => one.startsWith("{"));
  if ((await child.exited) !== 0 || line === undefined) throw new Error(`wrk failed: ${trouble}${output.slice(-500)}`);
  const { requests, micros, p50, p99, max, refused, broken } = JSON.parse(line) as Summary;
  if (broken > 0) throw new Error(`${broken} of ${requests} requests to ${options.url} were not answered.`);
  if (refused > 0 && options.refusalsWanted !== true)
    throw new Error(`${refused} of ${requests} requests to ${options.url} were answered with 400 or more.`);
  return { requests, seconds: micros / 1e6, p50: p50 / 1000, p99: p99 / 1000, max: max / 1000, refused };
}

interface Summary {
  readonly requests: number;
  readonly micros: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly refused: number;
  readonly broken: number;
}
