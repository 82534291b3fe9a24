import { keyOf, type LinkId, type LinkRecord } from "../core/link.ts";
import { decodeRecord, encodeRecord } from "../core/record.ts";
import type { Change } from "../core/store.ts";

/**
 * What is kept under a key, as text:
 *
 *     curt1 VERSION r|m EXPIRES CHECKSUM \n IDENTITY \n DOCUMENT
 *
 * `r` is a record. `m` is a marker without a document: whatever is older than its version is out of date.
 */
export interface Value {
  readonly version: number;
  readonly kind: "r" | "m";
  /** In ms. */
  readonly expiresAt: number;
  readonly text: string;
}

/** What begins every value of this format. Another format is a miss, and is written over. */
export const format = "curt1";
/** Memcached takes 1 MB with its own head; a longer record is not kept. */
const longest = 1_000_000;
const head = /^curt1 ((\d{1,15}) ([rm]) (\d{1,15})) (\d{1,10})\n/;

/** The value of a record; one too long to be kept becomes the marker of its version. */
export function recordValue(record: LinkRecord, expiresAt: number): Value {
  const body = `${keyOf(record)}\n${encodeRecord(record)}`;
  if (body.length * 3 > longest && Buffer.byteLength(body) > longest) return markerValue(record, expiresAt);
  return value(record.version, "r", expiresAt, body);
}

export function markerValue(change: Change, expiresAt: number): Value {
  return value(change.version, "m", expiresAt, `${keyOf(change)}\n`);
}

function value(version: number, kind: "r" | "m", expires: number, body: string): Value {
  const expiresAt = Math.max(0, Math.floor(expires));
  const facts = `${version} ${kind} ${expiresAt}`;
  return { version, kind, expiresAt, text: `${format} ${facts} ${sum(facts, body)}\n${body}` };
}

/** What is kept of a link at the time `now` (ms), or `undefined` for what is damaged, expired or another link's. */
export function readValue(id: LinkId, text: string, now: number): LinkRecord | "marker" | undefined {
  const match = head.exec(text);
  if (match === null) return undefined;
  const [all, facts = "", version, kind, expires, checksum] = match;
  const body = text.slice(all.length);
  const identity = `${keyOf(id)}\n`;
  if (Number(expires) <= now || !body.startsWith(identity)) return undefined;
  if (sum(facts, body) !== Number(checksum)) return undefined;
  if (kind === "m") return "marker";
  const record = decodeRecord(id, body.slice(identity.length));
  return record.version === Number(version) ? record : undefined;
}

/** Whether `next` takes the place of what is there: something older, a marker of the same version, or nonsense. */
export function supersedes(next: Value, there: string): boolean {
  const match = head.exec(there);
  if (match === null) return true;
  const [all, facts = "", version, kind, , checksum] = match;
  if (sum(facts, there.slice(all.length)) !== Number(checksum)) return true;
  return Number(version) < next.version || (Number(version) === next.version && kind === "m" && next.kind === "r");
}

function sum(facts: string, body: string): number {
  return Bun.hash.crc32(`${facts}\n${body}`);
}
