import { CurtError } from "../core/errors.ts";
import type { VisitorLink } from "../core/link.ts";
import { pathOfSlug } from "./address.ts";
import { previewAnswer } from "./preview.ts";
import { problemResponse } from "./problem.ts";
import { qrFile, qrHeaders, qrOptions } from "./qr.ts";
import type { Redirects } from "./redirect.ts";

export interface AsidesOptions {
  readonly redirects: Redirects;
  readonly baseUrl: string;
  readonly house: string;
  /** In ms. */
  readonly now: () => number;
}

/**
 * What is beside a link: `/SLUG+` shows where it goes, `/SLUG+qr` is its QR code. Neither counts as a visit. A link that
 * is not there is answered as `/SLUG` would be.
 */
export class Asides {
  readonly #options: AsidesOptions;

  constructor(options: AsidesOptions) {
    this.#options = options;
  }

  /** `path`: decoded, and ending in `+` or `+qr`. */
  async answer(path: string, query: string, request: Request): Promise<Response> {
    const { redirects, house, now } = this.#options;
    const plus = path.lastIndexOf("+");
    const slug = path.slice(0, plus);
    const asksQr = path.slice(plus) === "+qr";
    const answer = await redirects.aside(slug, request, asksQr);
    if (answer instanceof Response) return answer;
    if (asksQr) return this.#qr(answer, query, request);
    return previewAnswer(answer, house, now(), request);
  }

  async #qr(link: VisitorLink, query: string, request: Request): Promise<Response> {
    try {
      const options = qrOptions(new URLSearchParams(query));
      const { type, bytes } = await qrFile(`${this.#options.baseUrl}/${pathOfSlug(link.slug)}`, options);
      const headers = { ...qrHeaders, "Content-Type": type, "Cache-Control": "no-cache" };
      return new Response(request.method === "HEAD" ? null : bytes, { headers });
    } catch (error) {
      if (error instanceof CurtError) return problemResponse(error);
      throw error;
    }
  }
}
