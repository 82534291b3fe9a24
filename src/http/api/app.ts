import { HTTPException } from "hono/http-exception";
import { CurtError } from "../../core/errors.ts";
import { problemResponse, shownError } from "../problem.ts";
import type { HttpOptions, Programs } from "../server.ts";
import { newApi, Shared } from "./context.ts";
import { keyPaths } from "./keys.ts";
import { linkPaths } from "./links.ts";

/** Everything that programs ask, as one function. */
export function programs(options: HttpOptions): Programs {
  const api = newApi();
  const shared = new Shared(options);
  linkPaths(api, shared);
  keyPaths(api, shared);

  api.notFound(() => problemResponse(new CurtError("not_found", "There is nothing at this address.")));
  api.onError((thrown, c) => {
    if (thrown instanceof HTTPException && thrown.status < 500)
      return problemResponse(new CurtError("invalid_input", thrown.message));
    const error = shownError(thrown);
    if (error.code === "internal" || error.code === "store_unavailable")
      options.log.error("A request failed.", { code: error.code, reason: `${thrown.name}: ${thrown.message}` });
    const wait = c.res.headers.get("Retry-After");
    return problemResponse(error, wait === null ? {} : { "Retry-After": wait });
  });
  return async (request, arrival) => api.fetch(request, arrival);
}
