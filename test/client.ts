import type { Server } from "./server.ts";

/** A link as the API answers it, as far as tests look. */
export interface LinkBody {
  readonly slug: string;
  readonly url: string;
  readonly shortUrl: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly state: string;
  readonly version: number;
  readonly createdAt: string;
}

/** What an answer of the API was: its status, and its body as JSON (`undefined` when there is none). */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Asks a server's API with its admin key, or with another (`null`: with none). */
export async function ask<T = LinkBody>(
  server: Pick<Server, "url" | "key">,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${server.key}`,
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  const json = /json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : undefined;
  return { status: answer.status, headers: answer.headers, body: json as T };
}

/** Follows a slug as a visitor, one step. */
export async function follow(
  server: Pick<Server, "url">,
  slug: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const answer = await fetch(`${server.url}/${slug}`, {
    redirect: "manual",
    headers,
    signal: AbortSignal.timeout(15_000),
  });
  await answer.arrayBuffer();
  return { status: answer.status, location: answer.headers.get("location"), headers: answer.headers };
}
