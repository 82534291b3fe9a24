import type { ByteReader, ByteWriter } from "./bytes.ts";
import { dimensionCount } from "./keys.ts";
import type { BlockValues, Row } from "./values.ts";

/** Clicks of a subject that are alike in everything, in one hour. */
export interface Tuple {
  readonly hour: number;
  readonly row: Row;
  readonly clicks: number;
  /** 32 bits of hash each. */
  readonly visitors: readonly number[];
}

/** A subject with more tuples or visitors than this in a run is kept as tables. */
export const mostTuples = 1024;
export const mostTupleVisitors = 4096;

export function areMany(tuples: readonly Tuple[]): boolean {
  if (tuples.length > mostTuples) return true;
  let visitors = 0;
  for (const tuple of tuples) visitors += tuple.visitors.length;
  return visitors > mostTupleVisitors;
}

/** Numbers of values in a block, each beside its number here. */
export type Remap = readonly Int32Array[];

export function writeRow(to: ByteWriter, row: Row, values: BlockValues): void {
  to.reserve(8 * dimensionCount);
  for (let dimension = 0; dimension < dimensionCount; dimension++) {
    const id = row[dimension] ?? 0;
    to.small(id === 0 ? 0 : values.local(dimension, id));
  }
}

export function readRow(from: ByteReader, remap: Remap): Row {
  const row: number[] = [];
  for (let dimension = 0; dimension < dimensionCount; dimension++) row.push(remap[dimension]?.[from.varint()] ?? 0);
  return row;
}

/** `tuples` are in the order of their hours. */
export function writeTuples(to: ByteWriter, tuples: readonly Tuple[], values: BlockValues): void {
  to.varint(tuples.length);
  let hour = 0;
  for (const tuple of tuples) {
    writeTuple(to, tuple, hour, values);
    hour = tuple.hour;
  }
}

/** `since`: the hour of the tuple before, 0 if there is none. */
function writeTuple(to: ByteWriter, tuple: Tuple, since: number, values: BlockValues): void {
  to.varint(tuple.hour - since);
  writeRow(to, tuple.row, values);
  // Nearly all are one click of one visitor, or of none.
  const simple = tuple.clicks === 1 && tuple.visitors.length <= 1;
  if (simple) to.varint(tuple.visitors.length);
  else {
    to.varint(2 + tuple.visitors.length);
    to.varint(tuple.clicks);
  }
  for (const visitor of tuple.visitors) to.uint32(visitor);
}

/** The upper 32 of a visitor's 52 bits. */
export function shortHash(visitor: number): number {
  return Math.floor(visitor / 2 ** 20);
}

export function readTuples(from: ByteReader, remap: Remap, into: Tuple[]): void {
  let hour = 0;
  for (let left = from.varint(); left > 0; left--) {
    hour += from.varint();
    const row = readRow(from, remap);
    const form = from.varint();
    const clicks = form < 2 ? 1 : from.varint();
    const visitors: number[] = [];
    for (let count = form < 2 ? form : form - 2; count > 0; count--) visitors.push(from.uint32());
    into.push({ hour, row, clicks, visitors });
  }
}

/** Reads what `writeTuples` wrote, and writes it for another block. */
export function rewriteTuples(from: ByteReader, remap: Remap, to: ByteWriter, values: BlockValues): void {
  const count = from.varint();
  to.varint(count);
  for (let left = count; left > 0; left--) {
    to.varint(from.varint());
    to.reserve(8 * dimensionCount);
    for (let dimension = 0; dimension < dimensionCount; dimension++) {
      const id = from.varint();
      to.small(id === 0 ? 0 : values.local(dimension, remap[dimension]?.[id] ?? 0));
    }
    const form = from.varint();
    to.varint(form);
    if (form >= 2) to.varint(from.varint());
    for (let visitors = form < 2 ? form : form - 2; visitors > 0; visitors--) to.uint32(from.uint32());
  }
}

export function byHour(a: { readonly hour: number }, b: { readonly hour: number }): number {
  return a.hour - b.hour;
}
