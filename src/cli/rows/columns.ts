import { bare } from "../../core/guarded.ts";
import { tagsOf, timeOf, truthOf } from "./cells.ts";

/** A row as read: the fields of `POST /links` and `createdAt`, not checked yet; or what is wrong with it. */
export type Row =
  | { readonly line: number; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly problem: string };

/** Reads a cell that is not empty. `undefined`: not accepted. */
type Reader = (cell: string) => unknown;

interface Column {
  /** Compared without case, spaces, `_` and `-`. */
  readonly names: readonly string[];
  readonly read: Reader;
  readonly accepts: string;
}

const text: Reader = (cell) => cell;
const number: Reader = (cell) => (/^\d{1,10}$/.test(cell.trim()) ? Number(cell) : undefined);
const time = { read: timeOf, accepts: "a time such as 2027-01-31T12:00:00Z" };
const truth = { read: truthOf, accepts: "true or false" };

/** The columns that are understood, the name that export writes first. */
export const columns: Readonly<Record<string, Column>> = {
  slug: {
    names: ["slug", "keyword", "shortcode", "alias", "shorturlkey", "backhalf", "code", "key", "path"],
    read: text,
    accepts: "a slug",
  },
  url: {
    names: ["url", "longurl", "target", "targeturl", "destination", "destinationurl", "originalurl", "address", "link"],
    read: text,
    accepts: "a URL",
  },
  title: { names: ["title", "name"], read: text, accepts: "a text" },
  tags: { names: ["tags", "tag", "labels"], read: tagsOf, accepts: "tags with commas between" },
  note: { names: ["note", "notes", "description", "comment"], read: text, accepts: "a text" },
  redirectStatus: {
    names: ["redirectstatus", "status", "statuscode", "redirecttype"],
    read: number,
    accepts: "a status code",
  },
  validFrom: { names: ["validfrom", "validsince", "startsat"], ...time },
  validUntil: { names: ["validuntil", "expiresat", "expireat", "expires", "expirationdate"], ...time },
  maxClicks: { names: ["maxclicks", "maxvisits", "clicklimit"], read: number, accepts: "a whole number of clicks" },
  disabled: { names: ["disabled"], ...truth },
  forwardQuery: { names: ["forwardquery"], ...truth },
  createdAt: { names: ["createdat", "created", "datecreated", "timestamp", "creationdate"], ...time },
};

/** The field that each column of a header line fills; `undefined` for a column that is left out. */
export function fieldsOf(header: readonly string[]): (string | undefined)[] {
  const taken = new Set<string>();
  return header.map((cell) => {
    const name = bare(cell)
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_-]/g, "");
    const field = Object.keys(columns).find((one) => columns[one]?.names.includes(name));
    if (field === undefined || taken.has(field)) return undefined;
    taken.add(field);
    return field;
  });
}

/** A record as a row. Empty cells are fields that were not given. */
export function rowOf(line: number, fields: readonly (string | undefined)[], cells: readonly string[]): Row {
  const found: Record<string, unknown> = {};
  for (const [i, cell] of cells.entries()) {
    const field = fields[i];
    const column = field === undefined ? undefined : columns[field];
    if (field === undefined || column === undefined || cell === "") continue;
    const value = attempted(column.read, bare(cell));
    if (value === undefined)
      return { line, problem: `${field}: got ${JSON.stringify(cell.slice(0, 100))}, takes ${column.accepts}.` };
    found[field] = value;
  }
  return { line, fields: found };
}

function attempted(read: Reader, cell: string): unknown {
  try {
    return read(cell);
  } catch {
    return undefined;
  }
}
