/**
 * Every error a program can meet, by its stable code. `docs/api.md` lists the same, which a test holds.
 */
export const errorTable = {
  invalid_input: { status: 400, title: "The input is not valid." },
  slug_reserved: { status: 400, title: "The slug is reserved." },
  unauthorized: { status: 401, title: "A key is needed." },
  wrong_credentials: { status: 401, title: "The name or the password is wrong." },
  forbidden: { status: 403, title: "The key does not allow this." },
  wrong_origin: { status: 403, title: "A session counts only from Curt's own pages." },
  not_found: { status: 404, title: "There is nothing here." },
  method_not_allowed: { status: 405, title: "The method is not allowed here." },
  slug_taken: { status: 409, title: "The slug is taken." },
  link_gone: { status: 410, title: "The link is over." },
  link_deleted: { status: 410, title: "The link was deleted." },
  setup_over: { status: 410, title: "The one-time link is over." },
  version_mismatch: { status: 412, title: "The link was changed since." },
  body_too_large: { status: 413, title: "The body is too large." },
  uri_too_long: { status: 414, title: "The address is too long." },
  unsupported_media_type: { status: 415, title: "The media type is not supported." },
  idempotency_mismatch: { status: 422, title: "The idempotency key was used with another body." },
  rate_limited: { status: 429, title: "Too many requests." },
  headers_too_large: { status: 431, title: "The headers are too large." },
  internal: { status: 500, title: "Something went wrong here." },
  store_unavailable: { status: 503, title: "The store cannot be asked now." },
  read_only: { status: 503, title: "Nothing can be changed now." },
  slugs_exhausted: { status: 503, title: "No free slug was found." },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** What is wrong with one field of an input. `path` is like `tags.0`; empty means the whole. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** An error whose message may be shown to whoever asked. */
export class CurtError extends Error {
  override readonly name = "CurtError";
  /** What the log calls the request that failed so, where it was logged. */
  request: string | undefined;
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly issues: readonly InputIssue[] = [],
    /** Seconds until another try makes sense, where that is known. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The error for input that is wrong in the fields named. */
export function invalidInput(issues: readonly InputIssue[]): CurtError {
  const first = issues[0];
  const where = first === undefined || first.path === "" ? "" : `${first.path}: `;
  return new CurtError("invalid_input", `${where}${first?.message ?? "Not valid."}`, issues);
}
