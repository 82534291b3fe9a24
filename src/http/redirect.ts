import type { Limiter } from "../core/limiter.ts";
import { keyOf, type RedirectStatus, type VisitorLink } from "../core/link.ts";
import type { Resolved } from "../core/link-memory.ts";
import type { Resolver } from "../core/resolver.ts";
import { decide, isPlain } from "../core/rules.ts";
import { isReserved, slugProblem } from "../core/slug.ts";
import { retrySeconds } from "./limits.ts";
import type { Misses } from "./misses.ts";
import { requestName } from "./problem.ts";
import { type Said, said } from "./said.ts";
import { UnknownAnswers } from "./unknown-answers.ts";
import type { Visits } from "./visits.ts";

export interface RedirectOptions {
  readonly resolver: Resolver;
  readonly limiter: Pick<Limiter, "take">;
  /** Whether a `User-Agent` is that of a program that makes previews of links: it uses up no limit. */
  readonly isPreview: (userAgent: string) => boolean;
  readonly redirectStatus: RedirectStatus;
  /** The host that pages show. */
  readonly house: string;
  readonly now: () => number;
  readonly visits: Visits;
  /** Without it everybody may ask for any number of unknown slugs. */
  readonly misses: Misses | undefined;
  readonly log: { readonly error: (message: string, fields: Readonly<Record<string, string>>) => void };
}

/** The first lines of a link's answer, and the whole of it with the last lines that it was last sent with. */
export interface KeptAnswer {
  readonly head: string;
  end: string;
  text: string;
}

const reasons: Readonly<Record<RedirectStatus, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
};

/** How visitors of a slug are answered. */
export class Redirects {
  readonly #options: RedirectOptions;
  /** For the door. */
  readonly unknowns: UnknownAnswers;

  constructor(options: RedirectOptions) {
    this.#options = options;
    this.unknowns = new UnknownAnswers(options.house);
  }

  /**
   * The answer to a plain request for a link that memory knows. Where it depends on nothing but the link, it is kept beside
   * it; a window of validity is looked at each time. `undefined`: it takes the long way.
   */
  kept(found: Resolved): KeptAnswer | undefined {
    if (found.answer !== undefined) return found.answer as KeptAnswer;
    const { link } = found;
    if (isReserved(link.slug)) return undefined;
    if (!isPlain(link)) return this.#decided(link);
    const answer = written(link.redirectStatus ?? this.#options.redirectStatus, link.url, "no-cache");
    found.answer = answer;
    return answer;
  }

  #decided(link: VisitorLink): KeptAnswer | undefined {
    const decision = decide(link, this.#options.now(), "", this.#options.redirectStatus);
    if (decision.kind !== "redirect" || decision.limited) return undefined;
    return written(decision.status, decision.location, cacheControlOf(link));
  }

  /** The same answer for the runtime's server. */
  plain({ link }: Resolved): Response | undefined {
    if (!isPlain(link)) return undefined;
    return redirect(link.redirectStatus ?? this.#options.redirectStatus, link.url, "no-cache");
  }

  /** The answer to a slug (in NFC; `undefined`: not even text), looked up where needed. Never throws. */
  async answer(slug: string | undefined, query: string, request: Request): Promise<Response> {
    if (slug === undefined || slugProblem(slug) !== undefined) return this.#unknown(slug ?? "", query, request);
    try {
      const found = await this.#find(slug, request);
      if (typeof found === "number") return this.#said("hurried", slug, request, Math.ceil(found / 1000));
      if (found === undefined) return this.#unknown(slug, query, request);
      const decision = decide(found.link, this.#options.now(), query, this.#options.redirectStatus);
      if (decision.kind === "unknown") return this.#unknown(slug, query, request);
      if (decision.kind === "gone") return this.#said("gone", slug, request);
      if (decision.limited && request.method === "GET") {
        if (this.#options.isPreview(request.headers.get("user-agent") ?? ""))
          // Its names of months alone take 10 ms to load.
          return (await import("./preview.ts")).previewAnswer(
            found.link,
            this.#options.house,
            this.#options.now(),
            request,
          );
        if (!(await this.#options.limiter.take(found.link))) return this.#said("gone", slug, request);
      }
      this.#options.visits.count(found, query, request);
      return redirect(decision.status, decision.location, cacheControlOf(found.link));
    } catch (thrown) {
      return this.unavailable(thrown, slug, request.headers.get("accept") ?? "");
    }
  }

  #unknown(slug: string, query: string, request: Request): Response {
    this.#options.visits.count(undefined, query, request);
    return this.#said("unknown", slug, request);
  }

  /**
   * The link of a slug for a page beside it, or the answer to a visitor for whom it is not there. `ended`: also one that is
   * not valid now.
   */
  async aside(slug: string, request: Request, ended: boolean): Promise<VisitorLink | Response> {
    if (slugProblem(slug) !== undefined) return this.#said("unknown", slug, request);
    try {
      const { now, redirectStatus } = this.#options;
      const found = await this.#find(slug, request);
      if (typeof found === "number") return this.#said("hurried", slug, request, Math.ceil(found / 1000));
      if (found === undefined) return this.#said("unknown", slug, request);
      const { kind } = decide(found.link, now(), "", redirectStatus);
      if (ended && found.link.deletedAt === null) return found.link;
      return kind === "unknown" || kind === "gone" ? this.#said(kind, slug, request) : found.link;
    } catch (thrown) {
      return this.unavailable(thrown, slug, request.headers.get("accept") ?? "");
    }
  }

  /** The link; or for how many ms this visitor can't be told, who asked for too much that is not there. */
  async #find(slug: string, request: Request): Promise<Resolved | number | undefined> {
    const { resolver, misses, visits } = this.#options;
    const id = { host: "", slug };
    if (misses === undefined) return resolver.find(id);
    const client = visits.clientOf(request);
    if (resolver.hit(keyOf(id)) === undefined) {
      const wait = misses.wait(client);
      if (wait > 0) return wait;
    }
    const found = await resolver.find(id);
    if (found === undefined) misses.missed(client);
    return found;
  }

  /** The answer to a slug that could not be looked up, which is logged. */
  unavailable(thrown: unknown, slug: string, accept: string): Response {
    const { log, house } = this.#options;
    const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const name = requestName();
    log.error("A redirect could not be looked up.", { request: name, reason });
    const answer = said("unavailable", slug, accept, house);
    answer.headers.set("X-Request-Id", name);
    return answer;
  }

  #said(kind: Said, slug: string, request: Request, wait = retrySeconds): Response {
    return said(kind, slug, request.headers.get("accept") ?? "", this.#options.house, wait);
  }
}

function redirect(status: RedirectStatus, location: string, cacheControl: string): Response {
  return new Response(null, { status, headers: { Location: location, "Cache-Control": cacheControl } });
}

/** What may not lead there for ever is asked for each time. */
function cacheControlOf({ maxClicks, validFrom, validUntil }: VisitorLink): string {
  return maxClicks === null && validFrom === null && validUntil === null ? "no-cache" : "no-store";
}

export function statusLine(status: RedirectStatus): string {
  return `HTTP/1.1 ${status} ${reasons[status]}\r\n`;
}

/** A redirect as the door sends it. */
function written(status: RedirectStatus, location: string, cacheControl: string): KeptAnswer | undefined {
  // Serialised by the URL standard, so this holds; what splits an answer in two must never go out all the same.
  if (!/^[\x21-\x7e]+$/.test(location)) return undefined;
  const head = `${statusLine(status)}Location: ${location}\r\nCache-Control: ${cacheControl}\r\n`;
  return { head, end: "", text: "" };
}
