import { type RedirectStatus, stateOf, type VisitorLink } from "./link.ts";

/** What a visitor of a slug gets. */
export type Decision =
  /** `limited`: only once a click of the link's limit is taken. */
  | { readonly kind: "redirect"; readonly status: RedirectStatus; readonly location: string; readonly limited: boolean }
  | { readonly kind: "unknown" }
  | { readonly kind: "gone" };

const unknown: Decision = { kind: "unknown" };
const gone: Decision = { kind: "gone" };

/**
 * Whether the answer to a link depends on nothing but the link: then it can be made once and kept. A validity window
 * makes it depend on the time, a limit on the store, a forwarded query on the request.
 */
export function isPlain(link: VisitorLink): boolean {
  return (
    link.deletedAt === null &&
    !link.disabled &&
    link.validFrom === null &&
    link.validUntil === null &&
    link.maxClicks === null &&
    !link.forwardQuery
  );
}

/** Decides about a link, or the mark of a deleted one, at `now` (ms). `query` is what came after "?", undecoded. */
export function decide(link: VisitorLink, now: number, query: string, defaultStatus: RedirectStatus): Decision {
  if (link.deletedAt !== null) return unknown;
  switch (stateOf(link, now)) {
    case "scheduled":
      return unknown;
    case "expired":
    case "exhausted":
    case "disabled":
      return gone;
    case "active": {
      const location = link.forwardQuery && query !== "" ? withQuery(link.url, query) : link.url;
      const status = link.redirectStatus ?? defaultStatus;
      return { kind: "redirect", status, location, limited: link.maxClicks !== null };
    }
  }
}

/**
 * The target with the visitor's query merged in. Where both have a parameter of the same name, the visitor's values
 * take the place of the target's. Nothing is decoded and encoded again, so what is kept stays byte for byte.
 */
export function withQuery(target: string, query: string): string {
  const hash = target.indexOf("#");
  const fragment = hash === -1 ? "" : target.slice(hash);
  const bare = hash === -1 ? target : target.slice(0, hash);
  const mark = bare.indexOf("?");
  const path = mark === -1 ? bare : bare.slice(0, mark);
  const theirs = query.split("&").filter((part) => part !== "");
  const names = new Set(theirs.map(nameOf));
  const ours = mark === -1 ? [] : bare.slice(mark + 1).split("&");
  const kept = ours.filter((part) => part !== "" && !names.has(nameOf(part)));
  const merged = [...kept, ...theirs].join("&");
  return `${path}${merged === "" ? "" : `?${merged}`}${fragment}`;
}

/** A parameter's name as its reader would decode it, so that `%61=1` and `a=2` are the same parameter. */
function nameOf(part: string): string {
  const end = part.indexOf("=");
  const name = (end === -1 ? part : part.slice(0, end)).replaceAll("+", " ");
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
