import { Histogram } from "../core/histogram.ts";

/** Who is answered: a visitor of a link, a program that uses the API, or someone who looks after the server. */
export type Asker = "visitor" | "program" | "operator";

/** Of the redirects out of memory one in so many is timed. A power of two. */
const sample = 64;

/** How requests ended, and what they took. One object for each worker. */
export class RequestCounts {
  /** Redirects that memory answered on the shortest way. */
  #quick = 0;
  #quickUnknown = 0;
  readonly #outcomes = new Map<string, number>();
  readonly latency: Readonly<Record<Asker, Histogram>> = {
    visitor: new Histogram(),
    program: new Histogram(),
    operator: new Histogram(),
  };

  /**
   * A redirect out of memory. Its time is that until the end of this turn of the event loop, which also answers all that
   * was read with it.
   */
  quick(): void {
    this.#timed(++this.#quick);
  }

  /** A 404 that memory answered. */
  quickUnknown(): void {
    this.#quickUnknown++;
    this.#timed(this.#quickUnknown);
  }

  #timed(count: number): void {
    if ((count & (sample - 1)) !== 0) return;
    const from = performance.now();
    setImmediate(() => this.latency.visitor.add((performance.now() - from) / 1000, sample));
  }

  /** Any other answer; `from` is when it was asked, by `performance.now()`. */
  answered(asker: Asker, status: number, from: number): void {
    const key = `${asker} ${outcomeOf(asker, status)}`;
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
    this.latency[asker].add((performance.now() - from) / 1000);
  }

  get quickCount(): number {
    return this.#quick;
  }

  /** How many were answered to whom with which outcome. */
  outcomes(): { readonly asker: Asker; readonly outcome: string; readonly count: number }[] {
    const all = new Map(this.#outcomes);
    const quick = { "visitor redirect": this.#quick, "visitor unknown": this.#quickUnknown };
    for (const [key, count] of Object.entries(quick)) if (count > 0) all.set(key, (all.get(key) ?? 0) + count);
    return [...all].map(([key, count]) => {
      const [asker = "", outcome = ""] = key.split(" ");
      return { asker: asker as Asker, outcome, count };
    });
  }
}

function outcomeOf(asker: Asker, status: number): string {
  if (status === 503) return "unavailable";
  if (status >= 500) return "failed";
  if (status === 429) return "limited";
  if (asker === "visitor") {
    if (status === 404) return "unknown";
    if (status === 410) return "gone";
  }
  if (status >= 400) return "refused";
  if (status >= 300) return "redirect";
  return asker === "visitor" ? "page" : "done";
}

/** Who asks on a reserved path. */
export function askerOf({ url }: Request): Asker {
  const path = url.slice(url.indexOf("/", 8) + 1);
  if (path.startsWith("redirect")) return "visitor";
  return /^(?:api|generateUrl|shorten_url)\b/.test(path) ? "program" : "operator";
}
