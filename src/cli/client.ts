import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { type Asked, CurtApi, CurtProblem } from "../client/client.ts";
import type { Config } from "../config.ts";
import { adminKeyOf } from "./admin-key.ts";

/** How long a server may say nothing, in ms. */
const patience = 30_000;

/** The API of the server that the settings name. `interrupted` ends whatever is asked. */
export function clientOf(config: Config, interrupted: AbortSignal): CurtApi {
  let key: string | undefined;
  return new CurtApi(async (path, asked) => {
    key ??= await adminKeyOf(config);
    const headers = { ...asked.headers, Authorization: `Bearer ${key}` };
    const failed = (error: unknown): never => {
      const message = `No answer from ${config.server} (${reasonOf(error)}). ${howToStart(config)}`;
      throw new CurtProblem(0, "no_answer", message);
    };
    const incoming = await open(`${config.server}/api/v1${path}`, { ...asked, headers }, interrupted).catch(failed);
    return answerOf(incoming, failed);
  });
}

/** Sends a request, and returns when the head of the answer is there. */
function open(url: string, { method, headers, body }: Asked, interrupted: AbortSignal): Promise<IncomingMessage> {
  // Not fetch: that would send a request for this machine, key and all, to the proxy the environment names.
  const send = url.startsWith("https:") ? secureRequest : plainRequest;
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(url, { method, headers: { ...headers, ...length }, signal: interrupted }, resolve);
    outgoing.setTimeout(patience, () => outgoing.destroy(new Error(`no answer within ${patience / 1000} s`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The answer as `fetch` would give it. `failed`: throws for an answer that is broken off. */
function answerOf(incoming: IncomingMessage, failed: (error: unknown) => never): Response {
  const { statusCode: status = 0, headers } = incoming;
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const hasBody = status !== 204 && status !== 304;
  if (!hasBody) incoming.resume();
  return new Response(hasBody ? bodyOf(incoming, failed) : null, { status, headers: kept });
}

function bodyOf(incoming: IncomingMessage, failed: (error: unknown) => never): ReadableStream<Uint8Array> {
  const parts = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return new ReadableStream<Uint8Array>({
    async pull(stream) {
      const { done, value } = await parts.next().catch(failed);
      if (done) stream.close();
      else stream.enqueue(new Uint8Array(value));
    },
    cancel: () => void incoming.destroy(),
  });
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
