import type { ByteReader, ByteWriter } from "./bytes.ts";
import { type Remap, readRow, writeRow } from "./tuples.ts";
import type { BlockValues, Row } from "./values.ts";

/** A visit of a subject that is known. */
export interface KeptVisit {
  /** ms since 1970. */
  readonly time: number;
  readonly row: Row;
}

/** How many of a link's latest visits are kept all, and how many of those before, of which one in sixteen is. */
export const latestVisits = 1000;
export const sampledVisits = 1000;

/** `visits` are latest first. */
export function writeVisits(to: ByteWriter, visits: readonly KeptVisit[], values: BlockValues): void {
  to.varint(visits.length);
  let last = 0;
  for (const { time, row } of visits) {
    to.varint(last === 0 ? time : last - time);
    last = time;
    writeRow(to, row, values);
  }
}

export function readVisits(from: ByteReader, remap: Remap, into: KeptVisit[]): void {
  let time = 0;
  for (let left = from.varint(); left > 0; left--) {
    const step = from.varint();
    time = time === 0 ? step : time - step;
    into.push({ time, row: readRow(from, remap) });
  }
}

/**
 * What is kept of a link's visits, latest first: those since `since` (in ms), all of the latest, a sample of the rest. A
 * visit that was chosen once is chosen again, so that it doesn't matter how often this is done.
 */
export function keptOf<T extends { readonly time: number }>(visits: readonly T[], since: number): readonly T[] {
  const [only] = visits;
  if (only !== undefined && visits.length === 1) return only.time >= since ? visits : [];
  const sorted = visits.filter(({ time }) => time >= since).sort((a, b) => b.time - a.time);
  if (sorted.length <= latestVisits) return sorted;
  const sampled = sorted.slice(latestVisits).filter(({ time }) => Math.imul(time % 2 ** 31, 0x9e3779b1) >>> 28 === 0);
  return [...sorted.slice(0, latestVisits), ...sampled.slice(0, sampledVisits)];
}
