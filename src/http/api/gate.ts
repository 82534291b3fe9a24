import { CurtError } from "../../core/errors.ts";
import type { Arrival } from "../arrival.ts";
import type { HttpOptions } from "../options.ts";
import { problemResponse } from "../problem.ts";
import { clientOf, RateLimit } from "../rate.ts";

const methods = "GET, POST, PUT, PATCH, DELETE";
const headers = "Authorization, Content-Type, If-Match, Idempotency-Key";
const exposed = "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id";
const minute = 60_000;

/** Headers that say how much of an allowance is left: `RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds). */
export function rateHeaders(limit: RateLimit, whom: string, now: number): Record<string, string> {
  const { left, wholeIn } = limit.state(whom, now);
  return {
    "RateLimit-Limit": String(limit.count),
    "RateLimit-Remaining": String(left),
    "RateLimit-Reset": String(Math.ceil(wholeIn / 1000)),
  };
}

/** What stands before every path of the API: how often one may ask, and which other origins may. */
export class Gate {
  readonly #options: Pick<HttpOptions, "now">;
  readonly #limit: RateLimit | undefined;
  readonly #trusted: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(options: Pick<HttpOptions, "now" | "rateLimit" | "corsOrigins" | "trustedProxies">) {
    this.#options = options;
    this.#limit = options.rateLimit === 0 ? undefined : new RateLimit(options.rateLimit, minute);
    this.#trusted = new Set(options.trustedProxies);
    this.#origins = new Set(options.corsOrigins);
  }

  /** The answer of `next`, if it may be asked. */
  async through(request: Request, arrival: Arrival, next: () => Response | Promise<Response>): Promise<Response> {
    const answer = this.#preflight(request) ?? (await this.#limited(request, arrival, next));
    const origin = request.headers.get("origin");
    if (origin !== null && this.#origins.has(origin)) {
      answer.headers.set("Access-Control-Allow-Origin", origin);
      answer.headers.set("Access-Control-Expose-Headers", exposed);
    }
    if (this.#origins.size > 0) answer.headers.append("Vary", "Origin");
    return answer;
  }

  async #limited(request: Request, arrival: Arrival, next: () => Response | Promise<Response>): Promise<Response> {
    if (this.#limit === undefined) return next();
    const now = this.#options.now();
    const whom = this.#whom(request, arrival);
    const wait = Math.ceil(this.#limit.take(whom, now) / 1000);
    const answer =
      wait > 0 ? problemResponse(new CurtError("rate_limited", `Too fast. ${wait} s.`, [], wait)) : await next();
    for (const [name, value] of Object.entries(rateHeaders(this.#limit, whom, now)))
      if (!answer.headers.has(name)) answer.headers.set(name, value);
    return answer;
  }

  /** A key or a session by what it shows, anyone else by the address. What is shown is hashed, and kept nowhere. */
  #whom(request: Request, { peer }: Arrival): string {
    const shown = request.headers.get("authorization") ?? request.headers.get("cookie");
    if (shown !== null) return shown.replaceAll(":", ";");
    return clientOf(peer, request.headers.get("x-forwarded-for"), this.#trusted);
  }

  /** What a browser asks before a page of an origin that is allowed asks us. Never with cookies. */
  #preflight(request: Request): Response | undefined {
    const origin = request.headers.get("origin");
    const asked = request.headers.get("access-control-request-method");
    if (request.method !== "OPTIONS" || origin === null || asked === null || !this.#origins.has(origin))
      return undefined;
    return new Response(null, {
      status: 204,
      headers: {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": headers,
        "Access-Control-Max-Age": "600",
      },
    });
  }
}
