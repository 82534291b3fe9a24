import type { Link } from "../client/client.ts";
import { plain } from "./output.ts";

/** The fields of a link that say something, as name and value; safe for a terminal. */
export function describe(link: Link): [name: string, value: string][] {
  const fields: [string, unknown][] = [
    ["slug", link.slug],
    ["short", link.shortUrl],
    ["url", link.url],
    ["state", link.state],
    ["title", link.title],
    ["tags", link.tags.join(", ")],
    ["note", link.note],
    ["status", link.redirectStatus],
    ["from", link.validFrom],
    ["until", link.validUntil],
    ["limit", link.maxClicks === null ? null : `${link.usedClicks} of ${link.maxClicks} clicks used`],
    ["forward query", link.forwardQuery ? "yes" : null],
    ["created", link.createdAt],
    ["updated", link.updatedAt],
    ["version", link.version],
    ["clicks", link.clicks],
  ];
  return fields.flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [[name, plain(String(value))]],
  );
}
