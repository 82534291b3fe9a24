/** What was wrong, as the API says it (RFC 9457), or `network` when nothing came back. */
export class Problem extends Error {
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    issues: Problem["issues"] = [],
    /** Seconds after which it may be tried again; 0 where nothing was said. */
    readonly retryAfter = 0,
  ) {
    super(detail);
    this.issues = issues;
  }

  /** What the API says about one field. */
  issue(path: string): string | undefined {
    return this.issues.find((one) => one.path === path || one.path.startsWith(`${path}.`))?.message;
  }
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Called when the API no longer knows who asks. */
let signedOut = () => {};
export function onSignedOut(then: () => void): void {
  signedOut = then;
}

/** Asks the API below `/api/v1` and gives the body of its answer. Throws `Problem`. An abort throws `AbortError`. */
export async function ask<T>(method: string, path: string, { body, headers, signal }: Asked = {}): Promise<T> {
  const answer = await raw(method, path, {
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** The same, with the answer as it comes. */
export async function raw(method: string, path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      ...init,
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: {
        Accept: "application/json",
        "Curt-Session": "1",
        ...(init.headers as Record<string, string> | undefined),
      },
    });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Problem(0, "network", "");
  }
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && !path.startsWith("/session")) signedOut();
  throw problem;
}

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as {
    code?: string;
    detail?: string;
    errors?: Problem["issues"];
  };
  const wait = Number(answer.headers.get("retry-after") ?? 0);
  return new Problem(
    answer.status,
    said.code ?? "unknown",
    said.detail ?? "",
    said.errors,
    Number.isFinite(wait) ? wait : 0,
  );
}

/** A query string from what is set. */
export function queryOf(parts: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(parts).filter(([, value]) => value !== undefined && value !== "");
  return set.length === 0 ? "" : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}
