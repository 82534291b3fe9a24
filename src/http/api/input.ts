import type { z } from "@hono/zod-openapi";
import { CurtError, type InputIssue, invalidInput } from "../../core/errors.ts";
import { bodyLimit, depthLimit } from "../limits.ts";

type Issue = z.core.$ZodIssue;

/** What a schema found wrong, each with the path of its field. */
export function issuesOf(error: z.ZodError): InputIssue[] {
  return error.issues.flatMap(fromIssue);
}

function fromIssue(issue: Issue): InputIssue[] {
  const at = issue.path.map(String);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...at, key].join("."), message: "Unknown field." }));
  return [{ path: at.join("."), message: messageOf(issue) }];
}

function messageOf(issue: Issue): string {
  if (issue.code === "invalid_type") {
    const got = / received (.+)$/.exec(issue.message)?.[1];
    return got === "undefined" ? "Missing." : `Takes ${article(issue.expected)}, got ${got ?? "something else"}.`;
  }
  if (issue.code === "invalid_value") {
    const found = /^Invalid (option|input)/.test(issue.message);
    return found ? `Takes ${issue.values.map(String).join(", ")}.` : issue.message;
  }
  return issue.message.endsWith(".") ? issue.message : `${issue.message}.`;
}

function article(type: string): string {
  if (type === "array") return "a list";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** What `schema` makes of a value, or `CurtError` `invalid_input`. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidInput(issuesOf(result.error));
  return result.data;
}

/** The JSON of a text. Throws `CurtError` `invalid_input` for what is none or is nested too deep. */
export function jsonOf(text: string): unknown {
  if (depthOf(text) > depthLimit)
    throw invalidInput([{ path: "", message: `Nested too deep: at most ${depthLimit} levels.` }]);
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput([{ path: "", message: "Not JSON." }]);
  }
}

/** How deep brackets are nested, without building anything: a parser may fail on a deep text by its stack. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c /* \ */) i++;
      else if (char === 0x22 /* " */) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b /* { */ || char === 0x5b /* [ */) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d /* } */ || char === 0x5d /* ] */) depth--;
  }
  return deepest;
}

/** The media type of a request, in lower case, without parameters. */
export function mediaTypeOf(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** The body of a request, at most 1 MB. Throws `CurtError` `body_too_large`. */
export async function bodyBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new CurtError("body_too_large", `The body is larger than ${bodyLimit} bytes.`);
  const length = request.headers.get("content-length");
  if (length !== null) {
    if (Number.parseInt(length, 10) > bodyLimit) throw tooLarge();
    return new Uint8Array(await request.arrayBuffer());
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    const reader = request.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > bodyLimit) {
        await reader.cancel();
        throw tooLarge();
      }
      parts.push(value);
    }
  }
  return Buffer.concat(parts);
}

/** Bytes as text, or `CurtError` `invalid_input` where they are not UTF-8. */
export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidInput([{ path: "", message: "Not UTF-8." }]);
  }
}
