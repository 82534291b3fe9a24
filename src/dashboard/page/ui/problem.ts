import { CurtProblem } from "../../../client/client.ts";
import { t } from "../texts/catalogue.ts";

/** What went wrong, as a sentence that says what to do. `writing`: somebody's text is at stake. */
export function problemText(error: unknown, writing = true): string {
  if (!(error instanceof CurtProblem)) return t("error.internal");
  switch (error.code) {
    case "unreachable":
      return t(writing ? "error.network" : "error.networkRead");
    case "rate_limited":
      return t("error.fast", { n: error.retryAfter ?? 0 });
    case "store_unavailable":
      return t("error.store");
    case "slug_taken":
      return t("error.takenOnly");
    case "slug_reserved":
      return t("error.reserved");
    case "internal":
      return t("error.internal");
    default:
      return error.errors[0]?.message ?? error.message;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
