import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import { CurtError } from "../../core/errors.ts";
import { shortenPaths } from "../compat/shorten.ts";
import { problemResponse } from "../problem.ts";
import type { HttpOptions, Programs } from "../server.ts";
import { batchPath } from "./batch.ts";
import { newApi, Shared } from "./context.ts";
import { keyPaths } from "./keys.ts";
import { linkPaths } from "./links.ts";
import { documentPath } from "./openapi.ts";

/** Everything that programs ask, as one function. */
export function programs(options: HttpOptions): Programs {
  const api = newApi();
  const shared = new Shared(options);
  api.use(async (c, next) => {
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
    await next();
  });
  api.use(
    methodNotAllowed({
      app: api,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(", ");
        const error = new CurtError("method_not_allowed", `${c.req.method} is not allowed here. Allowed: ${allow}.`);
        return problemResponse(error, { Allow: allow });
      },
    }),
  );
  linkPaths(api, shared);
  batchPath(api, shared);
  keyPaths(api, shared);
  shortenPaths(api, shared);
  documentPath(api);

  api.notFound(() => problemResponse(new CurtError("not_found", "There is nothing at this address.")));
  api.onError((thrown, c) => {
    if (thrown instanceof HTTPException && thrown.status < 500)
      return problemResponse(new CurtError("invalid_input", thrown.message));
    const said = ["Retry-After", "Allow"].flatMap((name) => {
      const value = c.res.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    return problemResponse(shared.logged(thrown), Object.fromEntries(said));
  });
  return async (request, arrival) => api.fetch(request, arrival);
}
