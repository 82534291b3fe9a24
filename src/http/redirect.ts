import { CurtError } from "../core/errors.ts";
import type { Limiter } from "../core/limiter.ts";
import type { LinkRecord, RedirectStatus } from "../core/link.ts";
import type { Resolved } from "../core/link-memory.ts";
import type { Resolver } from "../core/resolver.ts";
import { decide, isPlain } from "../core/rules.ts";
import { isReserved, slugProblem } from "../core/slug.ts";
import { retrySeconds } from "./limits.ts";
import { page, pageHeaders, wordsFor } from "./pages.ts";
import { previewAnswer } from "./preview.ts";
import { problemResponse, requestName } from "./problem.ts";
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
  readonly log: { readonly error: (message: string, fields: Readonly<Record<string, string>>) => void };
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

  constructor(options: RedirectOptions) {
    this.#options = options;
  }

  /**
   * The first lines of the answer of a link that memory knows and whose answer depends on nothing but the link. They are
   * kept beside it from the second visit on: links that were visited once shall not hold answers.
   */
  keptHead(found: Resolved): string | undefined {
    if (found.answer !== undefined) return found.answer as string;
    if (!isPlain(found.link) || isReserved(found.link.slug)) return undefined;
    const { url, redirectStatus } = found.link;
    // Serialised by the URL standard, so this holds; what splits an answer in two must never go out all the same.
    if (!/^[\x21-\x7e]+$/.test(url)) return undefined;
    const status = redirectStatus ?? this.#options.redirectStatus;
    const head = `HTTP/1.1 ${status} ${reasons[status]}\r\nLocation: ${url}\r\nCache-Control: no-cache\r\n`;
    found.answer = head;
    return head;
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
      const found = await this.#options.resolver.find({ host: "", slug });
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
  async aside(slug: string, request: Request, ended: boolean): Promise<LinkRecord | Response> {
    if (slugProblem(slug) !== undefined) return this.#said("unknown", slug, request);
    try {
      const { resolver, now, redirectStatus } = this.#options;
      const found = await resolver.find({ host: "", slug });
      if (found === undefined) return this.#said("unknown", slug, request);
      const { kind } = decide(found.link, now(), "", redirectStatus);
      if (ended && found.link.deletedAt === null) return found.link;
      return kind === "unknown" || kind === "gone" ? this.#said(kind, slug, request) : found.link;
    } catch (thrown) {
      return this.#unavailable(thrown, slug, request);
    }
  }

  #unavailable(thrown: unknown, slug: string, request: Request): Response {
    const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const name = requestName();
    this.#options.log.error("A redirect could not be looked up.", { request: name, reason });
    const answer = this.#said("unavailable", slug, request);
    answer.headers.set("X-Request-Id", name);
    return answer;
  }

  #said(kind: "unknown" | "gone" | "unavailable", slug: string, request: Request): Response {
    const status = { unknown: 404, gone: 410, unavailable: 503 }[kind];
    const shown = slug.slice(0, 200).replace(/\p{Cc}/gu, "\u{FFFD}");
    const words = wordsFor(kind, shown);
    const accept = request.headers.get("accept") ?? "";
    const retry: Record<string, string> = kind === "unavailable" ? { "Retry-After": String(retrySeconds) } : {};
    if (accept.includes("text/html"))
      return new Response(page(words, this.#options.house, shown, kind === "unavailable"), {
        status,
        headers: { ...pageHeaders, ...retry, Vary: "Accept" },
      });
    if (accept.includes("json")) {
      const code = { unknown: "not_found", gone: "link_gone", unavailable: "store_unavailable" } as const;
      const error = new CurtError(code[kind], words.lines[0] ?? "");
      return problemResponse(error, { Vary: "Accept" });
    }
    const text = `${words.say}. ${words.lines.join(" ")}\n`;
    const headers = {
      ...retry,
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
      Vary: "Accept",
    };
    return new Response(text, { status, headers });
  }
}

function redirect(status: RedirectStatus, location: string, cacheControl: string): Response {
  return new Response(null, { status, headers: { Location: location, "Cache-Control": cacheControl } });
}
