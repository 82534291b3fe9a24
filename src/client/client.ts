import type {
  ChangeResult,
  Counts,
  HistoryEntry,
  Key,
  Link,
  LinkChanges,
  LinkPage,
  LinkPatch,
  LinkQuery,
  NewKey,
  NewLink,
  SlugAnswer,
} from "./types.ts";

export type * from "./types.ts";

export interface Asked {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the API: `path` is below `/api/v1`. Gives the JSON of a 2xx answer, `undefined` for none, and throws for any other. */
export type Send = (method: string, path: string, asked?: Asked) => Promise<unknown>;

/** An answer of the API that is no 2xx; `code` is stable. */
export class CurtProblem extends Error {
  override readonly name = "CurtProblem";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly { readonly path: string; readonly message: string }[] = [],
    /** Seconds, where the server says when to try again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The API of a Curt server, with types. */
export class CurtApi {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  readonly links = {
    create: (link: NewLink, options: { readonly idempotencyKey?: string | undefined } = {}) => {
      const key = options.idempotencyKey;
      return this.#ask<Link>("POST", "/links", { body: link, ...(key && { headers: { "Idempotency-Key": key } }) });
    },
    list: (query: LinkQuery = {}) => this.#ask<LinkPage>("GET", `/links${queryOf(query)}`),
    get: (slug: string) => this.#ask<Link>("GET", linkPath(slug)),
    /** `ifVersion`: only while the link is at this version (412 `version_mismatch`). */
    edit: (slug: string, patch: LinkPatch, ifVersion?: number) =>
      this.#ask<Link>("PATCH", linkPath(slug), { body: patch, headers: matching(ifVersion) }),
    remove: (slug: string, ifVersion?: number) =>
      this.#ask<undefined>("DELETE", linkPath(slug), { headers: matching(ifVersion) }),
    change: async (changes: LinkChanges) =>
      (await this.#ask<{ results: readonly ChangeResult[] }>("POST", "/links/changes", { body: changes })).results,
    history: async (slug: string) =>
      (await this.#ask<{ entries: readonly HistoryEntry[] }>("GET", `${linkPath(slug)}/history`)).entries,
    goBack: (slug: string, version: number, ifVersion?: number) =>
      this.#ask<Link>("POST", `${linkPath(slug)}/history/${version}`, { headers: matching(ifVersion) }),
    counts: () => this.#ask<Counts>("GET", "/counts"),
    slug: (slug: string) => this.#ask<SlugAnswer>("GET", `/slugs/${encodeURIComponent(slug)}`),
  };

  readonly keys = {
    list: async () => (await this.#ask<{ keys: readonly Key[] }>("GET", "/keys")).keys,
    /** `key` is shown this once. */
    create: (key: NewKey) => this.#ask<Key & { readonly key: string }>("POST", "/keys", { body: key }),
    remove: (id: string) => this.#ask<undefined>("DELETE", `/keys/${encodeURIComponent(id)}`),
  };

  #ask<T>(method: string, path: string, asked?: Asked): Promise<T> {
    return this.#send(method, path, asked) as Promise<T>;
  }
}

export interface ClientOptions {
  /** Such as `https://go.example.com`. */
  readonly server: string;
  readonly key: string;
  /** Ms that an answer may take (30,000). */
  readonly timeout?: number;
}

/** A client over `fetch`. Its methods throw `CurtProblem`, or what `fetch` throws. */
export function curtClient({ server, key, timeout = 30_000 }: ClientOptions): CurtApi {
  return new CurtApi(async (method, path, { body, headers = {} } = {}) => {
    const answer = await fetch(`${server.replace(/\/+$/, "")}/api/v1${path}`, {
      method,
      headers: {
        Accept: "application/json",
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout),
    });
    const text = await answer.text();
    if (!answer.ok) throw problemOf(answer, text);
    return text === "" ? undefined : JSON.parse(text);
  });
}

function problemOf(answer: Response, text: string): CurtProblem {
  const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : undefined;
  try {
    const { code, detail, errors } = JSON.parse(text) as {
      code: string;
      detail: string;
      errors?: CurtProblem["errors"];
    };
    return new CurtProblem(answer.status, code, detail, errors, retryAfter);
  } catch {
    return new CurtProblem(answer.status, "no_answer", `Answered ${answer.status} without saying why.`, [], retryAfter);
  }
}

/** The path of a link in the API: the slug as one segment. */
export function linkPath(slug: string): string {
  return `/links/${encodeURIComponent(slug)}`;
}

function matching(version: number | undefined): Record<string, string> {
  return version === undefined ? {} : { "If-Match": `"${version}"` };
}

function queryOf(query: LinkQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
