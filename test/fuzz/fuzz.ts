import fc from "fast-check";
import type { Server } from "../server.ts";
import { hostile, mismatch, type Schema, type Schemas, valuesOf } from "./schema.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Shot {
  readonly operation: Operation;
  readonly values: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly raw: string | undefined;
  readonly withKey: boolean;
}

export interface Report {
  readonly shots: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers that the document does not allow, and all from 500 on. */
  readonly bad: readonly string[];
}

/** Slugs, words and the like that shots share, so that they meet each other's links. */
const names = ["a", "b", "a/b", "launch", "ä", "1", "2", "x.y", "links:read", "admin", "active"];

/** Asks whatever the OpenAPI document has, mostly as it says, and judges the answers by it. */
export async function fuzz(server: Pick<Server, "url" | "key">, shots: number, seed: number): Promise<Report> {
  const document = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Schemas };
  };
  const { schemas } = document.components;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, method: method.toUpperCase(), path })),
  );
  const arbitrary = fc.oneof(...operations.map((operation) => shotsOf(operation, schemas)));
  const statuses: Record<string, number> = {};
  const bad: string[] = [];
  for (const shot of fc.sample(arbitrary, { numRuns: shots, seed })) {
    const { request, answer, text } = await fired(server, shot);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const problem = judged(shot, answer, text, schemas);
    if (problem !== undefined) bad.push(`${request}: ${problem}\n  ${text.slice(0, 300)}`);
    // A frozen store would refuse all that follows.
    if (shot.operation.path === "/api/v1/freeze")
      await fetch(`${server.url}/api/v1/freeze`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${server.key}` },
      });
  }
  return { shots, statuses, bad };
}

function shotsOf(operation: Operation, schemas: Schemas): fc.Arbitrary<Shot> {
  const parameters = operation.parameters ?? [];
  const values = Object.fromEntries(parameters.map((one) => [one.name, valuesOf(one.schema, schemas, names)]));
  const required = parameters.filter((one) => one.in === "path" || one.required).map((one) => one.name);
  const content = Object.values(operation.requestBody?.content ?? {})[0];
  const body = content === undefined ? fc.constant(undefined) : valuesOf(content.schema, schemas, names);
  return fc.record({
    operation: fc.constant(operation),
    values: fc.record(values, { requiredKeys: required as never[] }),
    body,
    raw: fc.oneof(
      { weight: 20, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...hostile, "{", "[".repeat(99)) },
    ),
    withKey: fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  });
}

async function fired(server: Pick<Server, "url" | "key">, { operation, values, body, raw, withKey }: Shot) {
  const of = (where: Parameter["in"]) =>
    (operation.parameters ?? []).filter((one) => one.in === where && one.name in values).map((one) => one.name);
  let path = operation.path;
  for (const name of of("path")) path = path.replace(`{${name}}`, encoded(values[name]));
  const query = of("query").map((name) => `${encoded(name)}=${encoded(values[name])}`);
  const headers = new Headers();
  if (withKey) headers.set("authorization", `Bearer ${server.key}`);
  for (const name of of("header")) {
    // What no client can send in a header is left out.
    const text = asText(values[name])
      .replace(/[^\x20-\x7e]/g, "")
      .trim();
    headers.set(name, text);
  }
  if (headers.has("curt-session")) headers.set("origin", server.url);
  const [type] = Object.keys(operation.requestBody?.content ?? {});
  if (type !== undefined) headers.set("content-type", type);
  const url = `${server.url}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  const sent =
    operation.method === "GET" ? undefined : (raw ?? (body === undefined ? undefined : JSON.stringify(body)));
  const left = new AbortController();
  const answer = await fetch(url, {
    method: operation.method,
    headers,
    redirect: "manual",
    ...(sent === undefined ? {} : { body: sent }),
    signal: AbortSignal.any([left.signal, AbortSignal.timeout(60_000)]),
  });
  // A stream does not end by itself.
  const streams = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const text = streams ? "" : await answer.text();
  if (streams) left.abort();
  return { request: `${operation.method} ${url.slice(0, 400)} ${(sent ?? "").slice(0, 400)}`, answer, text };
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function encoded(value: unknown): string {
  const text = asText(value);
  // Dots alone are taken out of a path by every client.
  return /^\.{0,2}$/.test(text) ? "%20" : encodeURIComponent(text.toWellFormed());
}

function judged({ operation }: Shot, answer: Response, text: string, schemas: Schemas): string | undefined {
  if (answer.status >= 500) return `answered ${answer.status}`;
  const declared = operation.responses[answer.status];
  // An address that is too long, or a path that is another one after all, is no answer of this operation.
  if (answer.status === 414 || answer.status === 431) return undefined;
  if (declared === undefined) return `answered ${answer.status}, which is not in the document`;
  const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
  if (declared.content === undefined) return text === "" ? undefined : `answered a body with ${answer.status}`;
  const content = declared.content[type];
  if (content === undefined) return `answered ${answer.status} as ${type || "nothing"}`;
  if (type.endsWith("ndjson")) {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => mismatch(JSON.parse(line), content.schema, schemas)).find((one) => one !== undefined);
  }
  return type.endsWith("json") ? mismatch(JSON.parse(text), content.schema, schemas) : undefined;
}
