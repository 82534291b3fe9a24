import type { Asker } from "./counts.ts";

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** The words of the API's addresses; whatever else stands there is a name that somebody chose. */
const words: ReadonlySet<string> = new Set(
  "links keys session sessions setup users settings freeze export slugs counts clicks live history changes batch events qr password openapi.json docs".split(
    " ",
  ),
);
const otherPaths: ReadonlySet<string> = new Set([
  "generateUrl",
  "redirect",
  "shorten_url",
  "healthz",
  "readyz",
  "metrics",
]);

/**
 * What a request is called in a trace: `POST /api/v1/links`, `GET /api/v1/links/{}/clicks`, `GET /{slug}`. Of few values, and with
 * nothing in it that a visitor sent.
 */
export function spanName(asker: Asker, { method, url }: Pick<Request, "method" | "url">): string {
  const known = methods.has(method) ? method : "_OTHER";
  const [path = ""] = url.slice(url.indexOf("/", 8) + 1).split("?");
  const [first = "", second, ...rest] = path.split("/");
  if (first === "api" && second === "v1") {
    const named = rest.map((one, at) => (words.has(one) && (at !== 1 || rest.length === 2) ? one : "{}")).slice(0, 4);
    return `${known} /api/v1/${named.join("/")}`;
  }
  if (otherPaths.has(path)) return `${known} /${path}`;
  if (asker === "visitor") return `${known} /{slug}`;
  return `${known} /${first === "dashboard" ? "dashboard" : "{}"}`;
}
