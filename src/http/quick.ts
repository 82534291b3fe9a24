import { isReserved, slugProblem } from "../core/slug.ts";
import type { Bytes } from "./head-fields.ts";
import type { Misses } from "./misses.ts";
import type { HttpOptions } from "./options.ts";
import { PlainAnswers } from "./plain-answers.ts";
import type { KeptAnswer, Redirects } from "./redirect.ts";
import type { RequestHead } from "./request-head.ts";
import { type Written, writtenOf } from "./said.ts";
import type { Visits } from "./visits.ts";

type QuickOptions = Pick<HttpOptions, "resolver" | "counts" | "onlyLongWay" | "redirectStatus">;

/** See `Quick.miss`. */
export type Miss = Uint8Array | "brought" | Promise<Written | undefined> | undefined;

/** The answers that the door gives itself, which is nearly every redirect. */
export class Quick {
  readonly #options: QuickOptions;
  readonly #redirects: Redirects;
  readonly #visits: Visits;
  readonly #misses: Misses | undefined;
  /** Where links have bytes, most are answered from these. */
  readonly #plain: PlainAnswers | undefined;

  constructor(options: QuickOptions, redirects: Redirects, visits: Visits, misses: Misses | undefined) {
    this.#misses = misses;
    this.#options = options;
    this.#redirects = redirects;
    this.#visits = visits;
    const { resolver, redirectStatus, onlyLongWay } = options;
    const arena = onlyLongWay === true ? undefined : resolver.arena;
    this.#plain = arena && new PlainAnswers(arena, redirectStatus);
  }

  /** Lines of every answer, which change each second. */
  renew(lines: string): void {
    this.#plain?.renew(lines);
    this.#redirects.unknowns.renew(lines);
  }

  /** The answer to a plain request for a link at hand, or `undefined`. It is valid until the next call. */
  atHand(head: RequestHead, bytes: Uint8Array, peer: string): PlainAnswers | undefined {
    const plain = this.#plain;
    if (plain === undefined) return undefined;
    const place = plain.arena.atHand(bytes, head.slugStart, head.slugEnd);
    if (place === -1) return undefined;
    plain.write(place);
    this.#options.counts.quick();
    if (!head.isHead) this.#visits.countAt(plain.arena, place, head, peer);
    return plain;
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

  /**
   * What becomes of a plain request for a slug that `answer` had none for: the whole answer where it is known to be
   * nobody's; "brought" where the link is in memory now; a promise that brings it there, or gives the answer to one that
   * could not be looked up; or `undefined`, for the long way. `again`: it was brought before.
   */
  miss(head: RequestHead, bytes: Bytes, peer: string, again: boolean): Miss {
    const { resolver, counts, onlyLongWay } = this.#options;
    const { slug } = head;
    if (onlyLongWay === true || isReserved(slug) || slugProblem(slug) !== undefined) return undefined;
    if (resolver.hit(slug) !== undefined) return undefined;
    const absence = resolver.absence(slug);
    if (absence === undefined) {
      if (again || this.#isHurried(head, peer)) return undefined;
      if (resolver.bring(slug)) return "brought";
      return this.#brought(slug, head.fields.accept);
    }
    const answer = this.#redirects.unknowns.of(head, bytes);
    if (answer === undefined) return undefined;
    resolver.counts[absence]++;
    counts.quickUnknown();
    if (!head.isHead) this.#visits.countPlain(undefined, head, peer);
    return answer;
  }

  /** On the long way it would be looked up once more, and time out once more. */
  async #brought(slug: string, accept: string): Promise<Written | undefined> {
    const { resolver, counts } = this.#options;
    const from = performance.now();
    try {
      await resolver.find({ host: "", slug });
      return undefined;
    } catch (thrown) {
      const answer = this.#redirects.unavailable(thrown, slug, accept);
      counts.answered("visitor", answer.status, from);
      return writtenOf(answer);
    }
  }

  #isHurried(head: RequestHead, peer: string): boolean {
    return this.#misses !== undefined && this.#misses.wait(this.#visits.clientAt(peer, head)) > 0;
  }
}
