/** An answer of the API that is no 2xx; `code` is stable. */
export class CurtProblem extends Error {
  override readonly name = "CurtProblem";
  constructor(
    /** 0 where nothing came back; then `code` is `unreachable`. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly { readonly path: string; readonly message: string }[] = [],
    /** Seconds, where the server says when to try again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  /** What the API says about one field. */
  issue(path: string): string | undefined {
    return this.errors.find((one) => one.path === path || one.path.startsWith(`${path}.`))?.message;
  }
}

/** Why an answer is no 2xx, as it says itself. */
export async function problemOf(answer: Response): Promise<CurtProblem> {
  const { status, headers } = answer;
  const wait = Number(headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : undefined;
  const said = (await answer.json().catch(() => null)) as {
    code?: string;
    detail?: string;
    errors?: CurtProblem["errors"];
  } | null;
  if (typeof said?.code !== "string") return unexplained(status, retryAfter);
  return new CurtProblem(status, said.code, said.detail ?? "", said.errors, retryAfter);
}

/** What a transport throws that got no answer. */
export function unreachable(error: unknown): CurtProblem {
  return new CurtProblem(0, "unreachable", error instanceof Error ? error.message : String(error));
}

function unexplained(status: number, retryAfter?: number): CurtProblem {
  const message = `The server answered ${status} without saying why. Is it a Curt server?`;
  return new CurtProblem(status, "no_answer", message, [], retryAfter);
}

/** The JSON of an answer, `undefined` of one without a body. Throws `CurtProblem` for what is no JSON. */
export async function jsonOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw unexplained(answer.status);
  }
}

function brokenOff(error: unknown): never {
  const own = error instanceof CurtProblem || (error instanceof Error && error.name === "AbortError");
  throw own ? error : unreachable(error);
}

/** An answer as it arrives. Throws when it is broken off; whoever stops reading ends it. */
export async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(brokenOff);
      if (done) return;
      yield value as Uint8Array<ArrayBuffer>;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The same, line by line. */
export async function* linesOf(answer: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of piecesOf(answer)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
