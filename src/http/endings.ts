import { CurtError } from "../core/errors.ts";
import { problemResponse } from "./problem.ts";

/** The answer, with word that the connection ends. */
export function closing(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.set("Connection", "close");
  return new Response(answer.body, { status: answer.status, headers });
}

/** A refusal whose connection ends, so that an unread body holds nothing. */
export function refused(request: Request, error: CurtError): Response {
  return problemResponse(error, request.body === null ? {} : { Connection: "close" });
}

export function methodNotAllowed(request: Request, allow: string): Response {
  const error = new CurtError("method_not_allowed", `${request.method} is not allowed here. Allowed: ${allow}.`);
  return problemResponse(error, { Allow: allow, ...(request.body === null ? {} : { Connection: "close" }) });
}
