import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { CurtError, invalidInput } from "../../core/errors.ts";
import { Idempotency } from "../../core/idempotency.ts";
import type { ApiKey, Scope } from "../../core/keys.ts";
import { publicPerMinute } from "../limits.ts";
import { clientOf, RateLimit } from "../rate.ts";
import type { Arrival, HttpOptions } from "../server.ts";
import { bodyText, issuesOf, jsonOf, mediaTypeOf } from "./input.ts";

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

/** Reads a JSON body within its limits, once, where the validator of the route will look for it. */
export const jsonBody: MiddlewareHandler<Env> = async (c, next) => {
  c.req.bodyCache.json = Promise.resolve(await readJson(c));
  await next();
};

async function readJson(c: Context<Env>): Promise<unknown> {
  const type = mediaTypeOf(c.req.raw);
  if (type !== "application/json")
    throw new CurtError("unsupported_media_type", `Takes application/json, got ${type === "" ? "none" : type}.`);
  return jsonOf(await bodyText(c.req.raw));
}

export function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
