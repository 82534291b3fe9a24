import { copyScriptAnswer } from "./copy-script.ts";
import { methodNotAllowed } from "./endings.ts";
import { fontAnswer } from "./fonts.ts";
import { iconSvg } from "./pages.ts";

const plain = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" };
const kept = { "Cache-Control": "max-age=86400", "X-Content-Type-Options": "nosniff" };

/** The answer to a path that needs neither links nor keys; `undefined`: it is another path. */
export async function fixedAnswer(path: string, request: Request, draining: boolean): Promise<Response | undefined> {
  const answer = path.startsWith(".well-known/")
    ? (copyScriptAnswer(path) ?? (await fontAnswer(path)))
    : answerAt(path, draining);
  if (answer === undefined || request.method === "GET" || request.method === "HEAD") return answer;
  return methodNotAllowed(request, "GET, HEAD");
}

function answerAt(path: string, draining: boolean): Response | undefined {
  switch (path) {
    case "healthz":
      return new Response("ok\n", { headers: plain });
    case "readyz":
      return draining
        ? new Response("draining\n", { status: 503, headers: plain })
        : new Response("ok\n", { headers: plain });
    case "favicon.ico":
      return new Response(iconSvg, { headers: { ...kept, "Content-Type": "image/svg+xml" } });
    case "robots.txt":
      return new Response("User-agent: *\nDisallow: /api/\n", { headers: { ...kept, "Content-Type": "text/plain" } });
    default:
      return undefined;
  }
}
