import { createHash } from "node:crypto";
import { type Accounts, openAccounts } from "../../src/core/accounts.ts";
import { Census } from "../../src/core/census.ts";
import { bundledCredit } from "../../src/core/click.ts";
import { History } from "../../src/core/history.ts";
import { Keys } from "../../src/core/keys.ts";
import { Limiter } from "../../src/core/limiter.ts";
import { Links } from "../../src/core/links.ts";
import { isPreview } from "../../src/core/preview.ts";
import { Resolver } from "../../src/core/resolver.ts";
import { hashSlugs, randomSlugs } from "../../src/core/slugs.ts";
import { ownAddress } from "../../src/core/target.ts";
import { UsedUp } from "../../src/core/used-up.ts";
import { RequestCounts } from "../../src/http/counts.ts";
import type { HttpOptions } from "../../src/http/options.ts";
import { type HttpServer, serveHttp } from "../../src/http/server.ts";
import { MemoryStore } from "./memory-store.ts";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
export const adminKey = "an-admin-key-of-tests";

export interface Parts {
  readonly store: MemoryStore;
  readonly keys: Keys;
  readonly accounts: Accounts;
  readonly history: History;
  readonly links: Links;
  readonly resolver: Resolver;
  readonly server: HttpServer;
  readonly url: string;
  /** What was logged as an error. */
  readonly logged: string[];
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer, it says itself
  readonly body: any;
}

/** The HTTP server over a store in memory, on a port of its own. */
export function startParts(options: Partial<HttpOptions> & { store?: MemoryStore } = {}): Parts {
  const now = options.now ?? Date.now;
  const store = options.store ?? new MemoryStore(now);
  const keys = new Keys({ registry: store.registry, adminKey, now, randomBytes: random, sha256 });
  const token = () => crypto.randomUUID().replaceAll("-", "");
  // As slow as must be for a test: what argon2id costs is no matter of these tests.
  const quick = { algorithm: "argon2id", memoryCost: 64, timeCost: 1 } as const;
  const hashing = { hash: (text: string) => Bun.password.hash(text, quick), verify: Bun.password.verify };
  const accounts = openAccounts({ registry: store.registry, hashing, now, randomBytes: random, sha256, token });
  const resolver = new Resolver({ store: store.links, cache: undefined, now, arenaBytes: 1e6 });
  const baseUrl = "https://curt.example";
  const history = new History(store.registry, options.mutants?.includes("no-history"));
  const limiter = new Limiter({
    registry: store.registry,
    name: () => crypto.randomUUID(),
    clock: () => performance.now(),
    pause: Bun.sleep,
    random: Math.random,
    onUsedUp: (link, used) => void usedUp.mark(link, used),
  });
  const links: Links = new Links({
    store: store.links,
    cache: undefined,
    history,
    announce: async (ids) => resolver.forget(ids),
    slugs: randomSlugs(7, random),
    used: (link) => limiter.used(link),
    deleted: (link) => limiter.forget(link, now()),
    own: ownAddress(baseUrl, 5000),
    now,
    token,
  });
  const usedUp = new UsedUp({ store: store.links, links, history, now });
  const hash = hashSlugs((text) => createHash("sha256").update(text).digest());
  const logged: string[] = [];
  const log = (message: string, fields = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const server = serveHttp({
    links,
    resolver,
    history,
    census: new Census({
      contents: store.contents,
      registry: store.registry,
      clicks: store.clicks,
      now,
      pause: Bun.sleep,
    }),
    settings: [],
    limiter,
    isPreview,
    keys,
    accounts,
    registry: store.registry,
    stats: store.clicks,
    placesCredit: bundledCredit,
    hash,
    baseUrl,
    redirectStatus: 302,
    publicCreate: false,
    rateLimit: 0,
    unknownLimit: 0,
    corsOrigins: [],
    trustedProxies: [],
    host: "127.0.0.1",
    port: 0,
    log: { warn: log, error: log },
    counts: new RequestCounts(),
    metricsText: async () => "",
    now,
    mutants: [],
    dashboard: async (path) => new Response(`The page is at ${path}.`),
    ...options,
  });
  const url = `http://127.0.0.1:${server.port}`;
  const ask: Parts["ask"] = async (method, path, body, headers = {}) => {
    const given = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const all = { authorization: `Bearer ${adminKey}`, "content-type": "application/json", ...headers };
    const answer = await fetch(`${url}${path}`, {
      method,
      redirect: "manual",
      headers: Object.entries(all).filter(([, value]) => value !== ""),
      ...(given === undefined ? {} : { body: given }),
    });
    const text = await answer.text();
    const isJson = /^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "") && text !== "";
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  return { store, keys, accounts, history, links, resolver, server, url, logged, ask };
}
