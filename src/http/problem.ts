import { CurtError, type ErrorCode, errorTable } from "../core/errors.ts";
import { StoreDamaged, StoreUnavailable } from "../core/store.ts";
import { retrySeconds } from "./limits.ts";

/** An error's body as RFC 9457 has it, with Curt's own `code` and `errors`. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** Whatever was thrown, as an error that may be shown. What is not known to be harmless is not shown. */
export function shownError(thrown: unknown): CurtError {
  if (thrown instanceof CurtError) return thrown;
  if (thrown instanceof StoreDamaged)
    return new CurtError("store_unavailable", "The store found damage in its data. The log names it.");
  if (thrown instanceof StoreUnavailable)
    return new CurtError("store_unavailable", "The store cannot be asked now. Nothing is known to be lost.");
  return new CurtError("internal", "Something went wrong here. The log says what.");
}

/** A name for a request whose failure is logged, so that whoever met it can say which it was. */
export function requestName(): string {
  return crypto.getRandomValues(new Uint8Array(8)).toHex();
}

export function problemOf(error: CurtError): Problem {
  const { status, title } = errorTable[error.code];
  const problem = { type: "about:blank", title, status, code: error.code, detail: error.message } as const;
  return error.issues.length === 0 ? problem : { ...problem, errors: error.issues };
}

/** The answer to an error for a program. */
export function problemResponse(error: CurtError, more: Readonly<Record<string, string>> = {}): Response {
  const problem = problemOf(error);
  const headers: Record<string, string> = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...more,
  };
  if (error.retryAfter !== undefined) headers["Retry-After"] = String(error.retryAfter);
  if (problem.status === 401) headers["WWW-Authenticate"] = 'Bearer realm="curt"';
  if (error.request !== undefined) headers["X-Request-Id"] = error.request;
  if (problem.status === 503) headers["Retry-After"] ??= String(retrySeconds);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
