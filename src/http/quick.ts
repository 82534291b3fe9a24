import { isReserved, slugProblem } from "../core/slug.ts";
import type { Misses } from "./misses.ts";
import type { HttpOptions } from "./options.ts";
import type { KeptAnswer, Redirects } from "./redirect.ts";
import type { RequestHead } from "./request-head.ts";
import type { Written } from "./said.ts";
import type { Visits } from "./visits.ts";

type QuickOptions = Pick<HttpOptions, "resolver" | "counts" | "onlyLongWay">;

/** The answers that the door gives itself, which is nearly every redirect. */
export class Quick {
  readonly #options: QuickOptions;
  readonly #redirects: Redirects;
  readonly #visits: Visits;
  readonly #misses: Misses;

  constructor(options: QuickOptions, redirects: Redirects, visits: Visits, misses: Misses) {
    this.#misses = misses;
    this.#options = options;
    this.#redirects = redirects;
    this.#visits = visits;
  }

  /** The first lines of the answer to a plain request for a link in memory; `undefined`: it takes the long way. */
  answer(head: RequestHead, peer: string): KeptAnswer | undefined {
    const { resolver, counts, onlyLongWay } = this.#options;
    const found = onlyLongWay === true ? undefined : resolver.hit(head.slug);
    const answer = found === undefined ? undefined : this.#redirects.kept(found);
    if (answer === undefined) return undefined;
    counts.quick();
    if (!head.isHead) this.#visits.countPlain(found, head, peer);
    return answer;
  }

  /** The answer to a plain request for a slug that is known to be nobody's; `undefined`: it takes the long way. */
  unknown(head: RequestHead, peer: string): Written | undefined {
    const { resolver, counts, onlyLongWay } = this.#options;
    const { slug } = head;
    if (onlyLongWay === true || isReserved(slug) || slugProblem(slug) !== undefined) return undefined;
    const absence = resolver.absence(slug);
    const answer = absence === undefined ? undefined : this.#redirects.writtenUnknown(slug, head.fields.accept);
    if (absence === undefined || answer === undefined) return undefined;
    resolver.counts[absence]++;
    counts.quickUnknown();
    if (!head.isHead) this.#visits.countPlain(undefined, head, peer);
    return answer;
  }

  /** Brings a link into memory that is not there; `undefined`: that would change nothing. */
  fetch(head: RequestHead, peer: string): Promise<unknown> | undefined {
    const { resolver, onlyLongWay } = this.#options;
    const { slug } = head;
    if (onlyLongWay === true || isReserved(slug) || slugProblem(slug) !== undefined) return undefined;
    if (resolver.hit(slug) !== undefined || resolver.absence(slug) !== undefined) return undefined;
    if (this.#misses.wait(this.#visits.clientAt(peer, head)) > 0) return undefined;
    // What went wrong is found again on the long way, which has an answer to it.
    return resolver.find({ host: "", slug }).catch(() => undefined);
  }
}
