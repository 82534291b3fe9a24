import { CurtError } from "../core/errors.ts";
import type { RedirectStatus } from "../core/link.ts";
import type { Resolved, Resolver } from "../core/resolver.ts";
import { decide, isPlain } from "../core/rules.ts";
import { slugProblem } from "../core/slug.ts";
import { retrySeconds } from "./limits.ts";
import { page, pageHeaders, wordsFor } from "./pages.ts";
import { problemResponse, requestName } from "./problem.ts";
import type { Visits } from "./visits.ts";

export interface RedirectOptions {
  readonly resolver: Resolver;
  readonly redirectStatus: RedirectStatus;
  /** The host that pages show. */
  readonly house: string;
  readonly now: () => number;
  readonly visits: Visits;
  readonly log: { readonly error: (message: string, fields: Readonly<Record<string, string>>) => void };
}

/** How visitors of a slug are answered. */
export class Redirects {
  readonly #options: RedirectOptions;

  constructor(options: RedirectOptions) {
    this.#options = options;
  }

  /**
   * The answer of a link that memory knows, to be copied: Bun sends a `Response` once, and the second time without
   * its headers. It is kept beside the link from the second visit on: links that were visited once shall not hold answers.
   */
  kept(found: Resolved): Response | undefined {
    if (found.answer !== undefined) return found.answer as Response;
    if (!isPlain(found.link)) return undefined;
    const { link } = found;
    const answer = redirect(link.redirectStatus ?? this.#options.redirectStatus, link.url, "no-cache");
    found.answer = answer;
    return answer;
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
      this.#options.visits.count(found, query, request);
      const bounded = found.link.validUntil !== null || found.link.validFrom !== null;
      return redirect(decision.status, decision.location, bounded ? "no-store" : "no-cache");
    } catch (thrown) {
      const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      const name = requestName();
      this.#options.log.error("A redirect could not be looked up.", { request: name, reason });
      const answer = this.#said("unavailable", slug, request);
      answer.headers.set("X-Request-Id", name);
      return answer;
    }
  }

  #unknown(slug: string, query: string, request: Request): Response {
    this.#options.visits.count(undefined, query, request);
    return this.#said("unknown", slug, request);
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
