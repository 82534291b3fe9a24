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
/** What of a slug is shown, in characters. */
export const mostShown = 200;

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

/** Of the answer to a slug that nobody has, what comes before and after it, for a page and for a text. */
export function unknownTexts(house: string): { readonly page: Cut; readonly text: Cut } {
  // Neither a page's own words nor a host have capitals in a row.
  const place = "THIS-SLUG";
  const words = wordsFor("unknown", place);
  return {
    page: cut(page(words, house, place), place, pageHeaders),
    text: cut(`${words.say}. ${words.lines.join(" ")}\n`, place, textHeaders),
  };
}

/** Any answer as the door sends it. */
export async function writtenOf(answer: Response): Promise<Written> {
  return { head: headOf(answer.status, [...answer.headers]), body: await answer.text() };
}

interface Cut {
  /** The first lines of the answer. */
  readonly head: string;
  readonly before: string;
  readonly after: string;
}

function cut(body: string, place: string, fields: Readonly<Record<string, string>>): Cut {
  const [before = "", after = "", ...more] = body.split(place);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: whether it is ASCII is the question
  if (more.length > 0 || !/^[\x00-\x7f]*$/.test(body)) throw new Error("The page of unknown slugs can't be cut.");
  return { head: headOf(404, Object.entries({ ...fields, Vary: "Accept" })), before, after };
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
