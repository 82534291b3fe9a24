import { CurtError } from "../../core/errors.ts";
import { problemResponse } from "../problem.ts";
import type { Redirects } from "../redirect.ts";

/**
 * `GET|HEAD /redirect?key=SLUG`, as the diary's shortener had it: the same answer as `/SLUG`. What else the query has
 * is the visitor's query.
 */
export async function redirectByKey(redirects: Redirects, query: string, request: Request): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const error = new CurtError("method_not_allowed", `${request.method} is not allowed here. Allowed: GET, HEAD.`);
    return problemResponse(error, { Allow: "GET, HEAD" });
  }
  const parts = query.split("&");
  const at = parts.findIndex((part) => part.startsWith("key="));
  const key = new URLSearchParams(parts[at] ?? "").get("key") ?? "";
  if (key.trim() === "")
    return new Response("Which one? /redirect?key=SLUG\n", {
      status: 400,
      headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
    });
  const rest = parts.filter((_, i) => i !== at).join("&");
  return redirects.answer(key.normalize("NFC"), rest, request);
}
