import { CurtError } from "../../core/errors.ts";
import { pathOfSlug } from "../address.ts";
import { pageHeaders, rootPage } from "../pages.ts";
import { problemOf } from "../problem.ts";
import { type Api, byOf, type Shared } from "./context.ts";
import { bodyBytes, decoded } from "./input.ts";

/** `POST /`: the form of the page at `/`, where anyone may create links. Ends at the page that shows the link. */
export function frontForm(api: Api, shared: Shared): void {
  const { links, baseUrl, publicCreate } = shared.options;
  const house = new URL(baseUrl).host;
  const mayCreate = shared.mayCreate({ sessions: false });
  api.post("/", async (c) => {
    let url = "";
    try {
      if (!publicCreate) throw new CurtError("method_not_allowed", "POST is not allowed here.");
      url = (new URLSearchParams(decoded(await bodyBytes(c.req.raw))).get("url") ?? "").trim();
      await mayCreate(c, async () => {});
      const { link } = await links.create({ url, by: byOf(c) });
      return c.body(null, 303, { Location: `/${pathOfSlug(link.slug)}+` });
    } catch (thrown) {
      const error = shared.logged(thrown);
      const message = error.issues[0]?.message ?? error.message;
      const { status } = problemOf(error);
      const retry: Record<string, string> =
        error.retryAfter === undefined ? {} : { "Retry-After": `${error.retryAfter}` };
      const page = rootPage(house, publicCreate, { url: url.slice(0, 2000), message });
      return new Response(page, { status, headers: { ...pageHeaders, ...retry } });
    }
  });
}
