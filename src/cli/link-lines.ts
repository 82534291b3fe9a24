import { plain } from "./output.ts";

/** A link as the API answers it. */
export interface ApiLink {
  readonly slug: string;
  readonly url: string;
  readonly shortUrl: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly state: string;
  readonly redirectStatus: number | null;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  readonly maxClicks: number | null;
  readonly usedClicks: number;
  readonly disabled: boolean;
  readonly forwardQuery: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly version: number;
  readonly clicks: number;
}

/** The fields of a link that say something, as name and value; safe for a terminal. */
export function describe(link: ApiLink): [name: string, value: string][] {
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
