import type { Link, LinkPatch, RedirectStatus } from "../../../client/client.ts";
import { numberOf } from "../links/draft.ts";
import { count } from "../ui/format.ts";
import { toLocal } from "../ui/time-input.ts";

/** A link as it stands in fields. */
export interface Fields {
  readonly url: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly note: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly most: string;
  readonly status: RedirectStatus | null;
  readonly query: boolean;
}

export function fieldsOf(link: Link): Fields {
  return {
    url: link.url,
    title: link.title ?? "",
    tags: link.tags,
    note: link.note ?? "",
    from: link.validFrom,
    until: link.validUntil,
    most: link.maxClicks == null ? "" : count(link.maxClicks),
    status: link.redirectStatus,
    query: link.forwardQuery,
  };
}

/** What differs, as it is sent; and what would take it back. */
export function patchOf(link: Link, fields: Fields): LinkPatch {
  const patch: { -readonly [name in keyof LinkPatch]: LinkPatch[name] } = {};
  if (fields.url.trim() !== link.url) patch.url = fields.url.trim();
  if (fields.title.trim() !== (link.title ?? "")) patch.title = fields.title.trim() || null;
  if (fields.tags.join("\n") !== link.tags.join("\n")) patch.tags = fields.tags;
  if (fields.note !== (link.note ?? "")) patch.note = fields.note.trim() === "" ? null : fields.note;
  if (toLocal(fields.from) !== toLocal(link.validFrom)) patch.validFrom = fields.from;
  if (toLocal(fields.until) !== toLocal(link.validUntil)) patch.validUntil = fields.until;
  if ((numberOf(fields.most) ?? null) !== (link.maxClicks ?? null)) patch.maxClicks = numberOf(fields.most) ?? null;
  if (fields.status !== link.redirectStatus) patch.redirectStatus = fields.status;
  if (fields.query !== link.forwardQuery) patch.forwardQuery = fields.query;
  return patch;
}

export function backOf(link: Link, patch: LinkPatch): LinkPatch {
  return Object.fromEntries(Object.keys(patch).map((name) => [name, link[name as keyof Link] ?? null]));
}
