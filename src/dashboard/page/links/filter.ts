import type { LinkPage, State } from "../../../client/client.ts";
import { api } from "../api/api.ts";

/** What a list is narrowed to; it stands in the address of the page. */
export interface Filter {
  readonly search: string;
  readonly tag: string;
  readonly state: State | "";
}

export const noFilter: Filter = { search: "", tag: "", state: "" };

export function listLinks(
  filter: Filter,
  limit: number,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<LinkPage> {
  return api.links.list({ ...filter, limit, cursor: cursor ?? undefined }, { signal });
}
