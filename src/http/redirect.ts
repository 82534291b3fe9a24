import type { Limiter } from "../core/limiter.ts";
import { keyOf, type RedirectStatus, type VisitorLink } from "../core/link.ts";
import type { Resolved } from "../core/link-memory.ts";
import type { Resolver } from "../core/resolver.ts";
import { decide, isPlain } from "../core/rules.ts";
import { isReserved, slugProblem } from "../core/slug.ts";
import { retrySeconds } from "./limits.ts";
import type { Misses } from "./misses.ts";
import { previewAnswer } from "./preview.ts";
import { requestName } from "./problem.ts";
import { type Said, said, type Written, WrittenUnknown } from "./said.ts";
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
  readonly misses: Misses;
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
  readonly #unknowns: WrittenUnknown;

  constructor(options: RedirectOptions) {
    this.#options = options;
    this.#unknowns = new WrittenUnknown(options.house);
  }

  /** See `WrittenUnknown`. */
  writtenUnknown(slug: string, accept: string): Written | undefined {
    return this.#unknowns.of(slug, accept);
  }

  /**
   * The first lines of the answer of a link that memory knows and whose answer depends on nothing but the link. They are
   * kept beside it from the second visit on: links that were visited once shall not hold answers.
   */
  kept(found: Resolved): KeptAnswer | undefined {
    if (found.answer !== undefined) return found.answer as KeptAnswer;
    if (!isPlain(found.link) || isReserved(found.link.slug)) return undefined;
    const { url, redirectStatus } = found.link;
    // Serialised by the URL standard, so this holds; what splits an answer in two must never go out all the same.
    if (!/^[\x21-\x7e]+$/.test(url)) return undefined;
    const status = redirectStatus ?? this.#options.redirectStatus;
    const head = `HTTP/1.1 ${status} ${reasons[status]}\r\nLocation: ${url}\r\nCache-Control: no-cache\r\n`;
    const answer: KeptAnswer = { head, end: "", text: "" };
    found.answer = answer;
    return answer;
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
          return previewAnswer(found.link, this.#options.house, this.#options.now(), request);
        if (!(await this.#options.limiter.take(found.link))) return this.#said("gone", slug, request);
      }
      this.#options.visits.count(found, query, request);
      const bounded = decision.limited || found.link.validUntil !== null || found.link.validFrom !== null;
      return redirect(decision.status, decision.location, bounded ? "no-store" : "no-cache");
    } catch (thrown) {
      return this.#unavailable(thrown, slug, request);
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
      return this.#unavailable(thrown, slug, request);
    }
  }

  /** The link; or for how many ms this visitor can't be told, who asked for too much that is not there. */
  async #find(slug: string, request: Request): Promise<Resolved | number | undefined> {
    const { resolver, misses, visits } = this.#options;
    const id = { host: "", slug };
    const client = visits.clientOf(request);
    if (resolver.hit(keyOf(id)) === undefined) {
      const wait = misses.wait(client);
      if (wait > 0) return wait;
    }
    const found = await resolver.find(id);
    if (found === undefined) misses.missed(client);
    return found;
  }

  #unavailable(thrown: unknown, slug: string, request: Request): Response {
    const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const name = requestName();
    this.#options.log.error("A redirect could not be looked up.", { request: name, reason });
    const answer = this.#said("unavailable", slug, request);
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
