import type { Caller, Freeze, Session, Setting, User } from "./account-types.ts";
import { jsonOf, linesOf, piecesOf, problemOf, unreachable } from "./answers.ts";
import type { Clicks, ClicksQuery, LiveCounts, Visits } from "./click-types.ts";
import type {
  BatchLine,
  BatchResult,
  ChangeResult,
  Counts,
  ExportQuery,
  HistoryEntry,
  Key,
  Link,
  LinkChanges,
  LinkPage,
  LinkPatch,
  LinkQuery,
  NewKey,
  NewLink,
  QrOptions,
  Scope,
  SlugAnswer,
} from "./types.ts";

export type * from "./account-types.ts";
export { CurtProblem, unreachable } from "./answers.ts";
export * from "./click-types.ts";
export * from "./types.ts";

/** A request as a transport sends it. */
export interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Sends a request to a path below `/api/v1` and gives the answer, whatever its status. What it throws, the methods throw. */
export type Transport = (path: string, asked: Asked) => Promise<Response>;

/** What every method takes last. */
export interface Call {
  /** Ends the request; the method then throws what the signal was aborted with. */
  readonly signal?: AbortSignal | undefined;
}

interface Request extends Call {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly lines?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API of a Curt server, with types. Its methods throw `CurtProblem`, for no answer too. */
export class CurtApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  readonly links = {
    /** The same `idempotencyKey` again makes no second link, and gives the first answer. */
    create: (link: NewLink, { idempotencyKey: key, ...call }: Call & { readonly idempotencyKey?: string } = {}) =>
      this.#ask<Link>("POST", "/links", { body: link, ...call, ...(key && { headers: { "Idempotency-Key": key } }) }),
    list: (query: LinkQuery = {}, call?: Call) => this.#ask<LinkPage>("GET", `/links${queryOf(query)}`, call),
    get: (slug: string, call?: Call) => this.#ask<Link>("GET", linkPath(slug), call),
    /** `ifVersion`: only while the link is at this version (412 `version_mismatch`). */
    edit: (slug: string, patch: LinkPatch, ifVersion?: number, call?: Call) =>
      this.#ask<Link>("PATCH", linkPath(slug), { body: patch, ...matching(ifVersion), ...call }),
    remove: (slug: string, ifVersion?: number, call?: Call) =>
      this.#ask<undefined>("DELETE", linkPath(slug), { ...matching(ifVersion), ...call }),
    /** The same change to many links, at most 500. */
    change: async (changes: LinkChanges, call?: Call) => {
      const body = changes;
      const { results } = await this.#ask<{ results: readonly ChangeResult[] }>("POST", "/links/changes", {
        body,
        ...call,
      });
      return results;
    },
    /** Makes many links; gives a result for each, in order, as they are decided. */
    batch: (links: readonly BatchLine[], call?: Call) => this.#batch(links, call),
    history: async (slug: string, call?: Call) =>
      (await this.#ask<{ entries: readonly HistoryEntry[] }>("GET", `${linkPath(slug)}/history`, call)).entries,
    goBack: (slug: string, version: number, ifVersion?: number, call?: Call) =>
      this.#ask<Link>("POST", `${linkPath(slug)}/history/${version}`, { ...matching(ifVersion), ...call }),
    /** The picture of a link's QR code. */
    qr: async (slug: string, options: QrOptions = {}, call?: Call) =>
      (await this.#open("POST", `${linkPath(slug)}/qr`, "image/*", { body: options, ...call })).blob(),
    /** Links as a file that `curt import` reads: those of a filter, or those named. Throws where it is broken off. */
    export: (which: ExportQuery = {}, call?: Call) => this.#export(which, call),
    counts: (call?: Call) => this.#ask<Counts>("GET", "/counts", call),
    slug: (slug: string, call?: Call) => this.#ask<SlugAnswer>("GET", `/slugs/${segment(slug)}`, call),
  };

  /** Statistics of a link, or (`slug` undefined) of all. */
  readonly clicks = {
    read: (slug: string | undefined, query: ClicksQuery = {}, call?: Call) =>
      this.#ask<Clicks>("GET", `${clicksPath(slug)}${queryOf(query)}`, call),
    /** The latest visits of a link, latest first. */
    visits: (slug: string, query: { readonly limit?: number; readonly before?: string } = {}, call?: Call) =>
      this.#ask<Visits>("GET", `${linkPath(slug)}/events${queryOf(query)}`, call),
    /** The counts of today: at once, and each time they change, until the server ends it. */
    live: (slug: string | undefined, call?: Call) => this.#live(slug, call),
  };

  readonly keys = {
    list: async (call?: Call) => (await this.#ask<{ keys: readonly Key[] }>("GET", "/keys", call)).keys,
    /** `key` is shown this once. */
    create: (key: NewKey, call?: Call) =>
      this.#ask<Key & { readonly key: string }>("POST", "/keys", { body: key, ...call }),
    remove: (id: string, call?: Call) => this.#ask<undefined>("DELETE", `/keys/${segment(id)}`, call),
  };

  /** Signing in and out works from a page of the server alone, which has the cookie. */
  readonly session = {
    who: (call?: Call) => this.#ask<Caller>("GET", "/session", call),
    begin: (name: string, password: string) => this.#ask<Caller>("POST", "/session", { body: { name, password } }),
    end: () => this.#ask<undefined>("DELETE", "/session"),
    changePassword: (current: string, password: string) =>
      this.#ask<Caller>("PUT", "/session/password", { body: { current, password } }),
    list: async (call?: Call) => (await this.#ask<{ sessions: readonly Session[] }>("GET", "/sessions", call)).sessions,
    endOne: (id: string) => this.#ask<undefined>("DELETE", `/sessions/${segment(id)}`),
  };

  readonly setup = {
    needed: async (call?: Call) => (await this.#ask<{ needed: boolean }>("GET", "/setup", call)).needed,
    finish: (token: string, name: string | undefined, password: string) =>
      this.#ask<Caller>("POST", "/setup", { body: { token, name, password } }),
    /** A one-time link with which somebody sets a password. */
    link: (name?: string, scopes?: readonly Scope[]) =>
      this.#ask<{ readonly url: string; readonly expiresAt: string }>("POST", "/setup/links", {
        body: { name, scopes },
      }),
  };

  readonly users = {
    list: async (call?: Call) => (await this.#ask<{ users: readonly User[] }>("GET", "/users", call)).users,
    put: (name: string, change: { readonly password?: string; readonly scopes?: readonly Scope[] | undefined }) =>
      this.#ask<User>("PUT", `/users/${segment(name)}`, { body: change }),
    remove: (name: string) => this.#ask<undefined>("DELETE", `/users/${segment(name)}`),
  };

  readonly server = {
    settings: async (call?: Call) =>
      (await this.#ask<{ settings: readonly Setting[] }>("GET", "/settings", call)).settings,
    /** Links are not changed until then (`null`: until `thaw`). */
    freeze: (by: string, expiresAt: string | null) => this.#ask<Freeze>("PUT", "/freeze", { body: { by, expiresAt } }),
    thaw: () => this.#ask<undefined>("DELETE", "/freeze"),
  };

  async *#batch(links: readonly BatchLine[], call?: Call): AsyncGenerator<BatchResult> {
    const lines = links.map((link) => `${JSON.stringify(link)}\n`).join("");
    const answer = await this.#open("POST", "/links/batch", "application/x-ndjson", { lines, ...call });
    for await (const line of linesOf(answer)) if (line !== "") yield JSON.parse(line) as BatchResult;
  }

  async *#export({ slugs, ...query }: ExportQuery, call?: Call): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const named = slugs === undefined ? call : { body: { slugs, format: query.format }, ...call };
    const path = slugs === undefined ? `/export${queryOf(query)}` : "/export";
    yield* piecesOf(await this.#open(slugs === undefined ? "GET" : "POST", path, "*/*", named));
  }

  async *#live(slug: string | undefined, call?: Call): AsyncGenerator<LiveCounts> {
    const answer = await this.#open("GET", `${clicksPath(slug)}/live`, "text/event-stream", call);
    for await (const line of linesOf(answer))
      if (line.startsWith("data:")) yield JSON.parse(line.slice(5)) as LiveCounts;
  }

  async #ask<T>(method: string, path: string, request?: Request): Promise<T> {
    return (await jsonOf(await this.#open(method, path, "application/json", request))) as T;
  }

  async #open(method: string, path: string, accept: string, request: Request = {}): Promise<Response> {
    const { body, lines, headers, signal } = request;
    const sent = lines ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = lines === undefined ? "application/json" : "application/x-ndjson";
    const answer = await this.#transport(path, {
      method,
      headers: { Accept: accept, ...(sent !== undefined && { "Content-Type": type }), ...headers },
      ...(sent !== undefined && { body: sent }),
      ...(signal && { signal }),
    });
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }
}

export interface ClientOptions {
  /** Such as `https://go.example.com`. */
  readonly server: string;
  readonly key: string;
  /** Ms that an answer may take to begin (30,000). */
  readonly timeout?: number;
}

/** A client over `fetch`, with a key. */
export function curtClient({ server, key, timeout = 30_000 }: ClientOptions): CurtApi {
  const base = `${server.replace(/\/+$/, "")}/api/v1`;
  return new CurtApi(async (path, { headers, signal, ...asked }) => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`No answer within ${timeout} ms.`)), timeout);
    try {
      return await fetch(base + path, {
        ...asked,
        headers: { ...headers, Authorization: `Bearer ${key}` },
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      });
    } catch (error) {
      throw signal?.aborted === true ? error : unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** The path of a link in the API: the slug as one segment. */
export function linkPath(slug: string): string {
  return `/links/${segment(slug)}`;
}

function clicksPath(slug: string | undefined): string {
  return slug === undefined ? "/clicks" : `${linkPath(slug)}/clicks`;
}

function segment(text: string): string {
  return encodeURIComponent(text);
}

function matching(version: number | undefined): Pick<Request, "headers"> {
  return version === undefined ? {} : { headers: { "If-Match": `"${version}"` } };
}

/** What is set, as a query. */
function queryOf(query: object): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
