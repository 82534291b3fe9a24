/** What a column may mean: a field of a link. */
export const meanings = [
  ...(["url", "slug", "title", "tags", "note", "redirectStatus", "validFrom", "validUntil"] as const),
  ...(["maxClicks", "disabled", "forwardQuery", "createdAt"] as const),
];
export type Meaning = (typeof meanings)[number];

/** Names that other shorteners give their columns, without case and signs. The same that `curt import` knows. */
const names: Readonly<Record<Meaning, readonly string[]>> = {
  url: ["url", "longurl", "target", "targeturl", "destination", "destinationurl", "originalurl", "address", "link"],
  slug: ["slug", "keyword", "shortcode", "alias", "shorturlkey", "backhalf", "code", "key", "path"],
  title: ["title", "name"],
  tags: ["tags", "tag", "labels"],
  note: ["note", "notes", "description", "comment"],
  redirectStatus: ["redirectstatus", "status", "statuscode", "redirecttype"],
  validFrom: ["validfrom", "validsince", "startsat"],
  validUntil: ["validuntil", "expiresat", "expireat", "expires", "expirationdate"],
  maxClicks: ["maxclicks", "maxvisits", "clicklimit"],
  disabled: ["disabled"],
  forwardQuery: ["forwardquery"],
  createdAt: ["createdat", "created", "datecreated", "timestamp", "creationdate"],
};

/** What each column means by its name; `undefined`: left out. Each meaning once. */
export function guess(columns: readonly string[]): (Meaning | undefined)[] {
  const taken = new Set<Meaning>();
  return columns.map((column) => {
    const name = column
      .replace(/^\uFEFF?'?/, "")
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_-]/g, "");
    const found = meanings.find((one) => names[one].includes(name) && !taken.has(one));
    if (found !== undefined) taken.add(found);
    return found;
  });
}

/** The mark before what a table program would run is taken away again. */
function bare(cell: string): string {
  return /^'+(?:[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]|$)/.test(cell) ? cell.slice(1) : cell;
}

function time(cell: string): string {
  const [, day, clock = "00:00:00", zone = "Z"] =
    /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?([Zz]|[+-]\d{2}:\d{2})?$/.exec(cell.trim()) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${clock}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? cell : new Date(at).toISOString();
}

/** Tags of a cell: with commas between, in quotes where they hold one. */
function tags(cell: string): string[] {
  const found = cell.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  return found
    .map((one) => one.trim().replace(/^"(.*)"$/s, (_, inner: string) => inner.replaceAll('""', '"')))
    .filter((one) => one !== "");
}

/** A value as the API takes it. What does not fit goes as it is: the API says what it wants, and the row stays out. */
export function fieldValue(meaning: Meaning, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const cell = bare(value);
  if (meaning === "tags") return tags(cell);
  if (meaning === "redirectStatus" || meaning === "maxClicks") return /^\s*\d+\s*$/.test(cell) ? Number(cell) : cell;
  if (meaning === "disabled" || meaning === "forwardQuery") {
    const word = cell.trim().toLowerCase();
    if (["true", "1", "yes", "y", "on"].includes(word)) return true;
    return ["false", "0", "no", "n", "off"].includes(word) ? false : cell;
  }
  if (meaning === "validFrom" || meaning === "validUntil" || meaning === "createdAt") return time(cell);
  return meaning === "url" ? cell.trim() : cell;
}

/** A row as a line of a batch. Cells that are empty are fields that were not given. */
export function lineOf(row: readonly unknown[], columns: readonly (Meaning | undefined)[]): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [i, meaning] of columns.entries()) {
    const value = row[i];
    if (meaning === undefined || value === undefined || value === null || value === "") continue;
    line[meaning] = fieldValue(meaning, value);
  }
  return line;
}
