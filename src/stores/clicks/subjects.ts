import type { SubjectKey } from "./keys.ts";
import { cellKind, tuplesCell } from "./keys.ts";
import type { RunWriter } from "./run-writer.ts";
import { Sketch } from "./sketch.ts";
import { Groups, type TableCell, tablesOf } from "./tables.ts";
import { areMany, type Tuple, writeTuples } from "./tuples.ts";

/** Writes what a subject has, as tuples or, where they are many, as tables. `tuples` are in the order of their hours. */
export function writeSubject(run: RunWriter, subject: SubjectKey, tuples: readonly Tuple[], hoursFrom: number): void {
  if (areMany(tuples)) {
    for (const cell of tablesOf(tuples, hoursFrom)) writeCell(run, subject, cell);
    return;
  }
  writeTuples(run.begin(subject.hi, subject.lo, tuplesCell), tuples, run.values);
  run.end();
}

export function writeCell(run: RunWriter, { hi, lo }: SubjectKey, { cell, content }: TableCell): void {
  const to = run.begin(hi, lo, cell);
  if (content instanceof Groups) {
    const place = cellKind(cell);
    content.write(to, place.kind === "groups" ? place.dimension : 0, run.values);
  } else if (content instanceof Sketch) {
    // Before the sketch, so that who wants no more need not read it.
    to.varint(content.estimate());
    content.write(to);
  } else content.write(to);
  run.end();
}
