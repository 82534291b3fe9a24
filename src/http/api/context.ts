import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { clickIdOf } from "../../core/click.ts";
import { CurtError, invalidInput } from "../../core/errors.ts";
import { Idempotency } from "../../core/idempotency.ts";
import { type ApiKey, requireScope, type Scope } from "../../core/keys.ts";
import type { LinkRecord } from "../../core/link.ts";
import type { Session } from "../../core/sessions.ts";
import { tooMany } from "../../core/sign-in.ts";
import type { Arrival } from "../arrival.ts";
import { publicPerMinute } from "../limits.ts";
import type { HttpOptions } from "../options.ts";
import { requestName, shownError } from "../problem.ts";
import { clientOf, RateLimit } from "../rate.ts";
import { SessionCookie, sessionHeader } from "../session-cookie.ts";
import { rateHeaders } from "./gate.ts";
import { bodyBytes, decoded, issuesOf, jsonOf, mediaTypeOf } from "./input.ts";
import type { ShownLink } from "./schemas.ts";
import { shownLink } from "./shown.ts";

/** What handlers find in their context. */
export interface Env {
  readonly Bindings: Arrival;
  readonly Variables: {
    /** Who asks; `undefined`: nobody showed a key or a session, where none is needed. */
    caller: Caller | undefined;
    /** Whom an `Idempotency-Key` belongs to. */
    owner: string;
  };
}

/** Whoever may do something: a program with its key, or somebody who is signed in. */
export type Caller =
  | { readonly kind: "key"; readonly key: ApiKey; readonly scopes: readonly Scope[] }
  | { readonly kind: "user"; readonly session: Session; readonly scopes: readonly Scope[] };

export type Api = OpenAPIHono<Env>;

export function newApi(): Api {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(issuesOf(result.error));
    },
  });
}

/** What the parts of the API share. */
export class Shared {
  readonly idempotency: Idempotency;
  readonly #limit = new RateLimit(publicPerMinute, 60_000);
  readonly #trusted: ReadonlySet<string>;
  readonly cookie: SessionCookie;

  constructor(readonly options: HttpOptions) {
    const { registry, links, now, baseUrl, mutants } = options;
    this.cookie = new SessionCookie(baseUrl, mutants.includes("no-origin-check"));
    this.#trusted = new Set(options.trustedProxies);
    this.idempotency = new Idempotency({ registry, links, now, token: () => crypto.randomUUID(), sha256 });
  }

  /** Lets through who shows a key with the scope, or is signed in and has it. */
  needs(scope: Scope): MiddlewareHandler<Env> {
    const withKey = this.needsKey(scope);
    return async (c, next) => {
      const session = await this.sessionOf(c);
      if (session === undefined) return withKey(c, next);
      requireScope(session.user, scope, session.user.name);
      this.#enter(c, session);
      await next();
    };
  }

  /** Lets through who shows a key with the scope; a session does not count. */
  needsKey(scope: Scope): MiddlewareHandler<Env> {
    return async (c, next) => {
      const key = await this.options.keys.require(c.req.header("authorization") ?? null, scope);
      c.set("caller", { kind: "key", key, scopes: key.scopes });
      c.set("owner", `key ${key.id}`);
      await next();
    };
  }

  /** Lets through who shows a key or is signed in, whatever the scopes. */
  needsCaller(): MiddlewareHandler<Env> {
    return async (c, next) => {
      const session = await this.sessionOf(c);
      if (session !== undefined) this.#enter(c, session);
      else {
        const key = await this.options.keys.require(c.req.header("authorization") ?? null, undefined);
        c.set("caller", { kind: "key", key, scopes: key.scopes });
        c.set("owner", `key ${key.id}`);
      }
      await next();
    };
  }

  /** Lets through a request that a page of ours makes. */
  fromOwnPage(): MiddlewareHandler<Env> {
    return async (c, next) => {
      this.cookie.guard(c.req.raw);
      await next();
    };
  }

  /** Lets through a request that a page of ours makes, and `tries` for each address in `period` ms. */
  ownPage(tries: number, period: number): MiddlewareHandler<Env> {
    const limit = new RateLimit(tries, period);
    return async (c, next) => {
      this.cookie.guard(c.req.raw);
      const wait = limit.take(this.addressOf(c), this.options.now());
      if (wait > 0) throw tooMany(wait);
      await next();
    };
  }

  /**
   * The session of a request that shows no key. `undefined`: it brings none. Throws `CurtError`: `wrong_origin` where
   * another page sent it, `unauthorized` where it is over.
   */
  async sessionOf(c: Context<Env>): Promise<Session | undefined> {
    if (c.req.header("authorization") !== undefined) return undefined;
    const token = this.cookie.tokenOf(c.req.raw);
    if (token === undefined) return undefined;
    this.cookie.guard(c.req.raw);
    const session = await this.options.accounts.sessions.find(token);
    if (session === undefined) throw new CurtError("unauthorized", "The session is over. Sign in again.");
    return session;
  }

  addressOf(c: Context<Env>): string {
    return clientOf(c.env.peer, c.req.header("x-forwarded-for") ?? null, this.#trusted);
  }

  #enter(c: Context<Env>, session: Session): void {
    c.set("caller", { kind: "user", session, scopes: session.user.scopes });
    c.set("owner", `user ${session.user.name}`);
  }

  /** Links as they are answered, with what of their limits is used and how often they were followed. At most 1,000. */
  async shown(records: readonly LinkRecord[]): Promise<ShownLink[]> {
    const { limiter, stats, baseUrl, now } = this.options;
    if (records.length === 0) return [];
    const [current, counts] = await Promise.all([limiter.current(records), stats.clicksOf(records.map(clickIdOf))]);
    return current.map((record, at) => shownLink(record, counts[at] ?? 0, baseUrl, now()));
  }

  /** One link as it is answered; nobody can have followed it where it `isNew`. */
  async shownOne(record: LinkRecord, isNew = false): Promise<ShownLink> {
    const { baseUrl, now } = this.options;
    const [shown] = isNew ? [] : await this.shown([record]);
    return shown ?? shownLink(record, 0, baseUrl, now());
  }

  /** An error as it may be shown; what is wrong with us is logged, a client that left is not. */
  logged(thrown: unknown): CurtError {
    const error = shownError(thrown);
    if (thrown instanceof Error && thrown.name === "AbortError") return error;
    if (error.code === "internal" || error.code === "store_unavailable") {
      const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      error.request = requestName();
      this.options.log.error("A request failed.", { request: error.request, code: error.code, reason });
    }
    return error;
  }

  /** Keeps a HEAD from doing what a GET of this path does. */
  notHead(): MiddlewareHandler<Env> {
    return async (c, next) => {
      if (c.req.method === "HEAD") {
        c.header("Allow", "GET");
        throw new CurtError("method_not_allowed", "HEAD is not allowed here. Allowed: GET.");
      }
      await next();
    };
  }

  /**
   * Lets through who may make a link: with a key or (where `sessions`) signed in, or where anyone may, a few times a minute
   * without.
   */
  mayCreate({ sessions = true } = {}): MiddlewareHandler<Env> {
    const proven = sessions ? this.needs("links:write") : this.needsKey("links:write");
    return async (c, next) => {
      const signedIn = sessions && c.req.header(sessionHeader) !== undefined && this.cookie.tokenOf(c.req.raw);
      if (!this.options.publicCreate || signedIn || c.req.header("authorization") !== undefined) return proven(c, next);
      const address = this.addressOf(c);
      const now = this.options.now();
      const wait = Math.ceil(this.#limit.take(address, now) / 1000);
      for (const [name, value] of Object.entries(rateHeaders(this.#limit, address, now))) c.header(name, value);
      if (wait > 0) throw new CurtError("rate_limited", `Too fast. ${wait} s.`, [], wait);
      c.set("caller", undefined);
      c.set("owner", `address ${address}`);
      await next();
    };
  }
}

/** Who makes a change, as a link's record has it. The address of a stranger is kept nowhere. */
export function byOf(c: Context<Env>): string {
  return c.get("caller") === undefined ? "anyone" : c.get("owner");
}

/** What the document says of a path that needs a scope, shown by a key or had by who is signed in. */
export function scoped(scope: Scope) {
  return [{ key: [scope] }, { session: [scope] }];
}

/** Lets through a body of one of these media types. */
export function takes(...types: readonly string[]): MiddlewareHandler<Env> {
  return async (c, next) => {
    const type = mediaTypeOf(c.req.raw);
    if (!types.includes(type))
      throw new CurtError("unsupported_media_type", `Takes ${types[0]}, got ${type === "" ? "none" : type}.`);
    await next();
  };
}

/** Reads a JSON body within its limits, once, where the validator of the route will look for it. */
export const jsonBody: readonly [MiddlewareHandler<Env>, MiddlewareHandler<Env>] = [
  takes("application/json"),
  async (c, next) => {
    c.req.bodyCache.json = Promise.resolve(jsonOf(decoded(await bodyBytes(c.req.raw))));
    await next();
  },
];

export function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
