import type { Server } from "bun";
import { CurtError } from "../core/errors.ts";
import { isReserved, reservedSlugs } from "../core/slug.ts";
import { type Address, cut, isOneHost, slugOfPath } from "./address.ts";
import type { Programs } from "./arrival.ts";
import { redirectByKey } from "./compat/redirect.ts";
import { type Asker, askerOf } from "./counts.ts";
import { closing, methodNotAllowed, refused } from "./endings.ts";
import { Entrance } from "./entrance.ts";
import { fixedAnswer } from "./fixed.ts";
import { addressLimit, preloadAfter, requestSeconds } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { Misses } from "./misses.ts";
import type { HttpOptions } from "./options.ts";
import { pageHeaders, rootPage } from "./pages.ts";
import { problemResponse, requestName, shownError } from "./problem.ts";
import { Quick } from "./quick.ts";
import { Redirects } from "./redirect.ts";
import { spanName } from "./span-name.ts";
import { Visits } from "./visits.ts";

export type { HttpLog, HttpOptions } from "./options.ts";

export interface HttpServer {
  readonly port: number;
  /**
   * Says on every answer for a second that the connection ends, then stops; what was read by then is answered, for 10 s
   * at most. A second call waits for the first.
   */
  drain(): Promise<void>;
}

/** Listens and answers until drained. Throws if the port cannot be listened on. */
export function serveHttp(options: HttpOptions): HttpServer {
  const front = new Front(options);
  const own = (request: Request, server: Server<undefined>) => front.reserved(request, server);
  const routes = Object.fromEntries(
    reservedSlugs.flatMap((slug) => [
      [`/${slug}`, own],
      [`/${slug}/*`, own],
    ]),
  );
  // Behind the door, and for it alone.
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    idleTimeout: options.requestSeconds ?? requestSeconds,
    // Bodies are limited where they are read: a batch has no limit.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    // Matched against the path as it was sent, while `request.url` has its dots resolved.
    routes,
    fetch: (request, server) => front.visitor(request, server),
    error: (thrown) => front.failed(thrown),
  });
  const { host, port } = options;
  const idleSeconds = options.requestSeconds ?? requestSeconds;
  const quick = new Quick(options, front.redirects, front.visits, front.misses);
  const entrance = new Entrance(server, { host, port, idleSeconds, quick });
  front.peers = entrance;
  // The first program to ask need not wait for the API's code; nor need the start.
  setTimeout(() => front.preload(), preloadAfter);
  let drained: Promise<void> | undefined;
  return {
    port: entrance.port,
    drain: () => {
      drained ??= front.drain(entrance);
      return drained;
    },
  };
}

/** The reserved paths that the part loaded later answers; the rest is not there yet. */
const programPaths = /^(?:api\/|(?:generateUrl|shorten_url)$)/;
const readMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** The first to see a request: answers visitors itself, and hands on what programs ask. */
class Front {
  readonly #options: HttpOptions;
  readonly redirects: Redirects;
  readonly visits: Visits;
  readonly misses: Misses | undefined;
  readonly #house: string;
  /** Tells who sent a request. */
  peers: Pick<Entrance, "addressOf"> = { addressOf: () => "" };
  #programs: Promise<Programs> | undefined;
  #draining = false;
  readonly #metrics: Metrics;
  /** The last `Host` that was found good: nearly always the same. */
  #goodHost = "";

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#house = new URL(options.baseUrl).host;
    const { resolver, limiter, isPreview, redirectStatus, now, log } = options;
    this.visits = new Visits(options, (request) => this.peers.addressOf(request));
    this.#metrics = new Metrics({ keys: options.keys, text: options.metricsText, now });
    this.misses = options.unknownLimit === 0 ? undefined : new Misses(options.unknownLimit, now);
    const { visits, misses } = this;
    const house = this.#house;
    this.redirects = new Redirects({ resolver, limiter, isPreview, redirectStatus, house, now, log, visits, misses });
  }

  /** Everything outside the reserved paths that the door doesn't answer itself. */
  visitor(request: Request, server: Server<undefined>): Response | Promise<Response> {
    const { url } = request;
    const start = url.indexOf("/", 8);
    if (url.charCodeAt(0) === 0x68 /* h, of http: */ && readMethods.has(request.method) && this.#hostIsGood(request)) {
      const found = this.#options.resolver.hit(url.slice(start + 1));
      const plain = found === undefined ? undefined : this.redirects.plain(found);
      if (plain !== undefined) {
        this.visits.count(found, "", request);
        this.#options.counts.quick();
        return this.#draining ? closing(plain) : plain;
      }
    }
    return this.#sent("visitor", request, () => this.#slowVisitor(request, server));
  }

  /** The reserved paths, as they were sent. */
  reserved(request: Request, server: Server<undefined>): Promise<Response> {
    return this.#sent(askerOf(request), request, () => this.#slowReserved(request, server));
  }

  /** Loads the code of the API; a failure is for whoever asks for it. */
  preload(): void {
    this.#programs ??= this.#loadPrograms();
    this.#programs.catch(() => {});
  }

  failed(thrown: unknown): Response {
    const error = shownError(thrown);
    // A key that was not shown, say: that is no failure of ours.
    if (error === thrown) return problemResponse(error);
    error.request = requestName();
    this.#options.log.error("A request failed.", { request: error.request, reason: reasonOf(thrown) });
    return problemResponse(error);
  }

  drain(entrance: Entrance): Promise<void> {
    this.#draining = true;
    if (this.#options.mutants.includes("no-drain")) return entrance.cut();
    void this.#programs?.then(
      (programs) => programs.leave(),
      () => {},
    );
    return entrance.drain();
  }

  async #slowVisitor(request: Request, server: Server<undefined>): Promise<Response> {
    const address = this.#addressOf(request);
    if (address instanceof Response) return address;
    const slug = slugOfPath(address.path);
    if (slug === "") return this.#root(request, server);
    // Escaped letters or "/x/../" spelled a reserved path: a proxy that guards the path would not have seen it.
    if (slug !== undefined && isReserved(slug)) return this.redirects.answer(undefined, "", request);
    if (!readMethods.has(request.method)) return methodNotAllowed(request, "GET, HEAD");
    // No slug has a "+": this is a page beside one.
    if (slug !== undefined && /\+(?:qr)?$/.test(slug)) return this.#aside(slug, address.query, request);
    return this.redirects.answer(slug, address.query, request);
  }

  async #aside(path: string, query: string, request: Request): Promise<Response> {
    const { Asides } = await import("./asides.ts");
    const { baseUrl, now } = this.#options;
    return new Asides({ redirects: this.redirects, baseUrl, house: this.#house, now }).answer(path, query, request);
  }

  async #slowReserved(request: Request, server: Server<undefined>): Promise<Response> {
    const address = this.#addressOf(request);
    if (address instanceof Response) return address;
    if (address.path === "redirect") return redirectByKey(this.redirects, address.query, request);
    // "/api/../x" was sent: it matched the reserved path, and means another.
    if (!isReserved(address.path)) return this.redirects.answer(undefined, "", request);
    const fixed = await fixedAnswer(address.path, request, this.#draining);
    if (fixed !== undefined) return fixed;
    if (/^dashboard(?:\/|$)/.test(address.path)) return this.#options.dashboard(address.path, request);
    if (address.path === "metrics")
      return readMethods.has(request.method) ? this.#metrics.answer(request) : methodNotAllowed(request, "GET, HEAD");
    if (!programPaths.test(address.path)) return this.redirects.answer(undefined, "", request);
    return this.#programsAnswer(request, server);
  }

  async #programsAnswer(request: Request, server: Server<undefined>): Promise<Response> {
    this.#programs ??= this.#loadPrograms();
    const programs = await this.#programs;
    if (request.headers.get("host") === null)
      return refused(request, new CurtError("invalid_input", "Host: is needed here."));
    const peer = this.peers.addressOf(request);
    const patience = this.#options.requestSeconds ?? requestSeconds;
    return programs(request, { peer, patience, untimed: () => server.timeout(request, 0) });
  }

  /** A form of the page at `/` comes back to `/`. */
  #root(request: Request, server: Server<undefined>): Response | Promise<Response> {
    const { publicCreate } = this.#options;
    if (publicCreate && request.method === "POST") return this.#programsAnswer(request, server);
    const allowed = publicCreate ? "GET, HEAD, POST" : "GET, HEAD";
    if (!readMethods.has(request.method)) return methodNotAllowed(request, allowed);
    return new Response(rootPage(this.#house, publicCreate), {
      headers: { ...pageHeaders, "Cache-Control": "no-cache" },
    });
  }

  /** Where a request goes, or why it is refused. A request of HTTP/1.0 may come without a `Host`. */
  #addressOf(request: Request): Address | Response {
    if (request.method === "CONNECT" || request.method === "TRACE")
      return methodNotAllowed(request, "GET, HEAD, POST, PATCH, DELETE");
    const host = request.headers.get("host");
    if (host !== null && !this.#hostIsGood(request))
      return refused(request, new CurtError("invalid_input", "Host: takes one host, with or without a port."));
    const url = host === null ? `http://localhost${request.url}` : request.url;
    if (url.length > addressLimit)
      return refused(request, new CurtError("uri_too_long", `The address is longer than ${addressLimit} bytes.`));
    if (!URL.canParse(url)) return refused(request, new CurtError("invalid_input", "The address cannot be read."));
    const whole = host === null ? new URL(url).href : url;
    return cut(whole, whole.indexOf("/", 8));
  }

  #hostIsGood(request: Request): boolean {
    const host = request.headers.get("host");
    if (host === null) return false;
    if (host === this.#goodHost) return true;
    if (!isOneHost(host)) return false;
    this.#goodHost = host;
    return true;
  }

  async #sent(asker: Asker, request: Request, work: () => Promise<Response>): Promise<Response> {
    const from = performance.now();
    const { tracing } = this.#options;
    const whole = () => work().catch((thrown: unknown) => this.failed(thrown));
    const answer = await (tracing === undefined
      ? whole()
      : tracing.follow(spanName(asker, request), request.headers.get("traceparent"), whole));
    this.#options.counts.answered(asker, answer.status, from);
    return this.#draining ? closing(answer) : answer;
  }

  async #loadPrograms(): Promise<Programs> {
    try {
      const { programs } = await import("./api/app.ts");
      return programs(this.#options);
    } catch (error) {
      this.#programs = undefined;
      throw error;
    }
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
