import { ask, queryOf } from "./ask.ts";
import type { Link, LinkPage, NewLink, Patch } from "./types.ts";

/** What a list is narrowed to; it stands in the address of the page. */
export interface Filter {
  readonly search: string;
  readonly tag: string;
  readonly state: string;
}

const path = (slug: string) => `/links/${encodeURIComponent(slug)}`;

export function listLinks(
  filter: Filter,
  limit: number,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<LinkPage> {
  const { search, tag, state } = filter;
  const query = queryOf({ search, tag, state, limit, cursor: cursor ?? undefined });
  return ask("GET", `/links${query}`, signal === undefined ? {} : { signal });
}

export function readLink(slug: string, signal?: AbortSignal): Promise<Link> {
  return ask("GET", path(slug), signal === undefined ? {} : { signal });
}

/** The same `key` twice makes one link: a try after a broken line is safe. */
export function makeLink(body: NewLink, key: string): Promise<Link> {
  return ask("POST", "/links", { body, headers: { "Idempotency-Key": key } });
}

/** Changes what is named, only while the link is at that version; 412 otherwise. */
export function editLink(slug: string, patch: Patch, version?: number): Promise<Link> {
  const headers = version === undefined ? {} : { "If-Match": `"${version}"` };
  return ask("PATCH", path(slug), { body: patch, headers });
}

export function removeLink(slug: string): Promise<void> {
  return ask("DELETE", path(slug));
}
