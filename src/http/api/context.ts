import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { CurtError, invalidInput } from "../../core/errors.ts";
import { Idempotency } from "../../core/idempotency.ts";
import type { ApiKey, Scope } from "../../core/keys.ts";
import { publicPerMinute } from "../limits.ts";
import { requestName, shownError } from "../problem.ts";
import { clientOf, RateLimit } from "../rate.ts";
import type { Arrival, HttpOptions } from "../server.ts";
import { bodyBytes, decoded, issuesOf, jsonOf, mediaTypeOf } from "./input.ts";

/** What handlers find in their context. */
export interface Env {
  readonly Bindings: Arrival;
  readonly Variables: {
    /** `undefined`: nobody showed a key, where none is needed. */
    key: ApiKey | undefined;
    /** Whom an `Idempotency-Key` belongs to. */
    owner: string;
  };
}

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

  constructor(readonly options: HttpOptions) {
    const { registry, links, now } = options;
    this.#trusted = new Set(options.trustedProxies);
    this.idempotency = new Idempotency({ registry, links, now, token: () => crypto.randomUUID(), sha256 });
  }

  /** Lets through who shows a key with the scope. */
  needs(scope: Scope): MiddlewareHandler<Env> {
    return async (c, next) => {
      const key = await this.options.keys.require(c.req.header("authorization") ?? null, scope);
      c.set("key", key);
      c.set("owner", `key ${key.id}`);
      await next();
    };
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

  /** Lets through who may make a link: with a key, or where anyone may, a few times a minute without one. */
  mayCreate(): MiddlewareHandler<Env> {
    const withKey = this.needs("links:write");
    return async (c, next) => {
      if (!this.options.publicCreate || c.req.header("authorization") !== undefined) return withKey(c, next);
      const address = clientOf(c.env.peer, c.req.header("x-forwarded-for") ?? null, this.#trusted);
      const wait = Math.ceil(this.#limit.take(address, this.options.now()) / 1000);
      if (wait > 0) {
        c.header("Retry-After", String(wait));
        throw new CurtError("rate_limited", `Too fast. ${wait} s.`);
      }
      c.set("key", undefined);
      c.set("owner", `address ${address}`);
      await next();
    };
  }
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
