import { HTTPException } from "hono/http-exception";
import { CurtError } from "../../core/errors.ts";
import type { Arrival, Programs } from "../arrival.ts";
import { shortenPaths } from "../compat/shorten.ts";
import type { HttpOptions } from "../options.ts";
import { problemResponse } from "../problem.ts";
import { batchPath } from "./batch.ts";
import { changesPath } from "./changes.ts";
import { clickPaths } from "./clicks.ts";
import { newApi, Shared } from "./context.ts";
import { exportPaths } from "./export.ts";
import { freezePaths } from "./freeze.ts";
import { frontForm } from "./front-form.ts";
import { Gate } from "./gate.ts";
import { historyPaths } from "./history.ts";
import { keyPaths } from "./keys.ts";
import { linkPaths } from "./links.ts";
import { LiveCounts } from "./live.ts";
import { livePaths } from "./live-paths.ts";
import { documentPath } from "./openapi.ts";
import { overviewPaths } from "./overview.ts";
import { qrPath } from "./qr.ts";
import { sessionPaths } from "./session.ts";
import { userPaths } from "./users.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Everything that programs ask, as one function. */
export function programs(options: HttpOptions): Programs {
  const api = newApi();
  const shared = new Shared(options);
  const live = new LiveCounts(options);
  const gate = new Gate(options);
  linkPaths(api, shared);
  batchPath(api, shared);
  clickPaths(api, shared);
  livePaths(api, shared, live);
  changesPath(api, shared);
  historyPaths(api, shared);
  keyPaths(api, shared);
  exportPaths(api, shared);
  freezePaths(api, shared);
  overviewPaths(api, shared);
  qrPath(api, shared);
  sessionPaths(api, shared);
  userPaths(api, shared);
  shortenPaths(api, shared);
  frontForm(api, shared);
  documentPath(api);

  // No middleware for all paths: each would cost every create a promise, and only a wrong path needs this.
  api.notFound((c) => {
    const allowed = methods.filter((method) => api.router.match(method, c.req.path)[0].length > 0);
    if (allowed.length === 0) return problemResponse(new CurtError("not_found", "There is nothing at this address."));
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const error = new CurtError("method_not_allowed", `${c.req.method} is not allowed here. Allowed: ${allow}.`);
    return problemResponse(error, { Allow: allow });
  });
  api.onError((thrown, c) => {
    if (thrown instanceof HTTPException && thrown.status < 500)
      return problemResponse(new CurtError("invalid_input", thrown.message));
    const said = ["Retry-After", "Allow", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"].flatMap(
      (name) => {
        const value = c.res.headers.get(name);
        return value === null ? [] : [[name, value]];
      },
    );
    return problemResponse(shared.logged(thrown), Object.fromEntries(said));
  });
  const answerTo = async (request: Request, arrival: Arrival) => {
    const answer = await gate.through(request, arrival, () => api.fetch(request, arrival));
    answer.headers.set("Cache-Control", "no-store");
    answer.headers.set("X-Content-Type-Options", "nosniff");
    return answer;
  };
  return Object.assign(answerTo, { leave: () => live.leave() });
}
