import { CurtError } from "../core/errors.ts";
import { retrySeconds } from "./limits.ts";
import { page, pageHeaders, wordsFor } from "./pages.ts";
import { problemResponse } from "./problem.ts";

/** What a visitor is told instead of being led to a target. */
export type Said = "unknown" | "gone" | "unavailable" | "hurried";

const statuses = { unknown: 404, gone: 410, unavailable: 503, hurried: 429 } as const;
/** What stands behind a status in the first line; the names of `node:http` take 10 ms to load. */
const reasons: Readonly<Record<number, string>> = {
  404: "Not Found",
  410: "Gone",
  429: "Too Many Requests",
  503: "Service Unavailable",
};
const codes = {
  unknown: "not_found",
  gone: "link_gone",
  unavailable: "store_unavailable",
  hurried: "rate_limited",
} as const;
const retryable: ReadonlySet<Said> = new Set(["unavailable", "hurried"]);
const textHeaders = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" } as const;
/** What of a slug is shown. */
const mostShown = 200;

/** The answer in the form that `accept` asks for; `wait`: seconds until another try. */
export function said(kind: Said, slug: string, accept: string, house: string, wait = retrySeconds): Response {
  const status = statuses[kind];
  const shown = slug.slice(0, mostShown).replace(/\p{Cc}/gu, "\u{FFFD}");
  const words = wordsFor(kind, shown, wait);
  const retry: Record<string, string> = retryable.has(kind) ? { "Retry-After": String(wait) } : {};
  if (accept.includes("text/html"))
    return new Response(page(words, house, shown, kind === "unavailable"), {
      status,
      headers: { ...pageHeaders, ...retry, Vary: "Accept" },
    });
  if (accept.includes("json")) {
    const error = new CurtError(codes[kind], words.lines[0] ?? "", [], kind === "hurried" ? wait : undefined);
    return problemResponse(error, { Vary: "Accept" });
  }
  const text = `${words.say}. ${words.lines.join(" ")}\n`;
  return new Response(text, { status, headers: { ...retry, ...textHeaders, Vary: "Accept" } });
}

/** A whole answer as the door sends it, but for what each has of its own: its time and its length. */
export interface Written {
  /** The first lines. */
  readonly head: string;
  readonly body: string;
}

/**
 * The answer to a slug that nobody has, for the door: the same that `said` gives, put together from pieces that were made
 * once. A scan asks for little else.
 */
export class WrittenUnknown {
  readonly #page: readonly [Written, Written];
  readonly #text: readonly [Written, Written];

  constructor(house: string) {
    // Neither a page's own words nor a host have capitals in a row.
    const place = "THIS-SLUG";
    const words = wordsFor("unknown", place);
    this.#page = cut(page(words, house, place), place, pageHeaders);
    this.#text = cut(`${words.say}. ${words.lines.join(" ")}\n`, place, textHeaders);
  }

  /** For a slug of what the door reads in one; `undefined`: another form is asked for, or not all of the slug is shown. */
  of(slug: string, accept: string): Written | undefined {
    if (slug.length > mostShown) return undefined;
    const isPage = accept.includes("text/html");
    if (!isPage && accept.includes("json")) return undefined;
    const [before, after] = isPage ? this.#page : this.#text;
    return { head: before.head, body: before.body + slug + after.body };
  }
}

/** Any answer as the door sends it. */
export async function writtenOf(answer: Response): Promise<Written> {
  return { head: headOf(answer.status, [...answer.headers]), body: await answer.text() };
}

function cut(body: string, place: string, fields: Readonly<Record<string, string>>): [Written, Written] {
  const [before = "", after = "", ...more] = body.split(place);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: whether it is ASCII is the question
  if (more.length > 0 || !/^[\x00-\x7f]*$/.test(body)) throw new Error("The page of unknown slugs can't be cut.");
  const head = headOf(404, Object.entries({ ...fields, Vary: "Accept" }));
  return [
    { head, body: before },
    { head, body: after },
  ];
}

/** The first lines of an answer, its headers in the order in which the runtime's server writes them. */
function headOf(status: number, fields: readonly (readonly [name: string, value: string])[]): string {
  const named = fields.map(
    ([name, value]) => [name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()), value] as const,
  );
  const lines = named.sort(([one], [other]) => rank(one) - rank(other)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasons[status] ?? ""}\r\n${lines.join("")}`;
}

const order = [
  "Content-Type",
  "Cache-Control",
  "Content-Security-Policy",
  "X-Content-Type-Options",
  "Referrer-Policy",
  "Vary",
  "X-Robots-Tag",
  "Retry-After",
];

function rank(name: string): number {
  const at = order.indexOf(name);
  return at === -1 ? order.length : at;
}
