import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { CurtApi } from "../client/client.ts";
import type { Config } from "../config.ts";
import { adminKeyOf } from "./admin-key.ts";
import { CommandFailed } from "./shell.ts";

/** How long a server may take for an answer, in ms. */
const patience = 30_000;

export interface Answer {
  readonly status: number;
  /** The JSON it answered, or `undefined` where it answered none. */
  readonly body: unknown;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** Sent as it is, one JSON value a line, in place of `body`. */
  readonly ndjson?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Speaks to the API of the server that the settings name. */
export class Client {
  /** The same with types. */
  readonly api = new CurtApi((method, path, asked) => this.ask(method, path, asked));
  readonly #config: Config;
  readonly #interrupted: AbortSignal;
  #key: string | undefined;

  constructor(config: Config, interrupted: AbortSignal) {
    this.#config = config;
    this.#interrupted = interrupted;
  }

  /** Asks and gives the JSON of a 2xx answer. Throws `CommandFailed` with the server's own reason for any other. */
  async ask(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const { status, text } = await this.#send(method, path, options);
    const body = parsed(text);
    if (status >= 200 && status < 300 && (body !== undefined || text === "")) return body;
    throw problem(this.#config.server, status, body);
  }

  /** Sends a batch and gives the result lines of the answer. */
  async batch(path: string, ndjson: string): Promise<unknown[]> {
    const { status, text } = await this.#send("POST", path, { ndjson });
    if (status !== 200) throw problem(this.#config.server, status, parsed(text));
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }

  /** The data of each event of a stream, as JSON, until the server ends it. Throws `CommandFailed` for anything but a stream. */
  async *events(path: string): AsyncGenerator<unknown> {
    const answer = await this.#open("GET", path, { headers: { Accept: "text/event-stream" } }).catch((error) => {
      throw this.#unanswered(error);
    });
    if (answer.statusCode !== 200)
      throw problem(this.#config.server, answer.statusCode ?? 0, parsed(await textOf(answer)));
    let rest = "";
    answer.setEncoding("utf8");
    for await (const piece of answer) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data:")) yield JSON.parse(line.slice(5));
    }
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<{ status: number; text: string }> {
    try {
      const response = await this.#open(method, path, options);
      return { status: response.statusCode ?? 0, text: await textOf(response) };
    } catch (error) {
      throw this.#unanswered(error);
    }
  }

  #unanswered(error: unknown): unknown {
    if (error instanceof CommandFailed) return error;
    const { server } = this.#config;
    return new CommandFailed(`No answer from ${server} (${reasonOf(error)}). ${howToStart(this.#config)}`, "no_answer");
  }

  /** Sends a request, and returns when the head of the answer is there. */
  async #open(method: string, path: string, options: RequestOptions): Promise<IncomingMessage> {
    this.#key ??= await adminKeyOf(this.#config);
    const { server } = this.#config;
    const payload = options.ndjson ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#key}`, ...options.headers };
    if (payload !== undefined) {
      headers["Content-Type"] = options.ndjson === undefined ? "application/json" : "application/x-ndjson";
      headers["Content-Length"] = String(Buffer.byteLength(payload));
    }
    // Not fetch: that would send a request for this machine, key and all, to the proxy the environment names.
    const send = server.startsWith("https:") ? secureRequest : plainRequest;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(`${server}/api/v1${path}`, { method, headers, signal: this.#interrupted }, resolve);
      outgoing.setTimeout(patience, () => outgoing.destroy(new Error(`no answer within ${patience / 1000} s`)));
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function howToStart(config: Config): string {
  return config.sources.CURT_SERVER === "default"
    ? "Start one with `curt serve`, or name another with --server."
    : "Is the address of --server or CURT_SERVER right, and does it run?";
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED" || code === "ConnectionRefused") return "connection refused";
  return code === "" || error.message.includes(code) ? error.message || code : `${error.message}, ${code}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(server: string, status: number, body: unknown): CommandFailed {
  if (typeof body !== "object" || body === null || !("code" in body) || typeof body.code !== "string")
    return new CommandFailed(`${server} answered ${status} without saying why. Is it a Curt server?`, "no_answer");
  const { code } = body;
  const errors = "errors" in body && Array.isArray(body.errors) ? body.errors : [];
  const detail = "detail" in body ? body.detail : "title" in body ? body.title : "";
  return new CommandFailed(String(detail), code, { status, errors });
}
