import type { ClickBatch, Tally, Visit } from "../../core/click.ts";
import { Alike } from "./alike.ts";
import type { Blob } from "./keeper.ts";
import { allKey, tagKey, tuplesCell, unknownKey } from "./keys.ts";
import { LinkOrder } from "./order.ts";
import { hourMs } from "./periods.ts";
import { RunWriter } from "./run-writer.ts";
import { type Family, type Manifest, type Run, runId } from "./runs.ts";
import { writeSubject } from "./subjects.ts";
import { shortHash, type Tuple } from "./tuples.ts";
import { Rows, type Values } from "./values.ts";
import { type KeptVisit, keptOf, writeVisits } from "./visits.ts";

/** A batch as runs of the writer's: at most one of each family. */
export interface MadeRuns {
  readonly manifest: Manifest;
  readonly blobs: readonly Blob[];
}

/** `hoursFrom`: earlier hours are not told apart; `visitsFrom`: earlier visits are not kept; in hours. `rows` may be those of the batch before. */
export function runsOfBatch(
  batch: ClickBatch,
  manifest: Manifest,
  { hoursFrom, visitsFrom }: { readonly hoursFrom: number; readonly visitsFrom: number },
  rows = new Rows(),
): MadeRuns {
  rows.tidy();
  const maker = new Maker(batch.writer, manifest, rows.values);
  const linked = batch.tallies.filter(({ link }) => link !== null);
  const tuples = linked.map((tally) => tupleOf(tally, rows));
  const links = new LinkOrder(linked);
  maker.make("counts", (run) => {
    writeTogether(run, batch.tallies, tuples, rows, hoursFrom);
    links.each((hi, lo, from, to) => {
      // Where many links are followed, nearly each has one tuple in a batch.
      if (to === from + 1) {
        writeSubject(run, { hi, lo }, [tuples[links.at(from)] as Tuple], hoursFrom);
        return;
      }
      const alike = new Alike();
      for (let at = from; at < to; at++) alike.add(tuples[links.at(at)] as Tuple);
      writeSubject(run, { hi, lo }, alike.tuples(), hoursFrom);
    });
    coverHours(run, batch.tallies);
  });
  maker.make("sums", (run) =>
    links.each((hi, lo, from, to) => {
      let sum = 0;
      for (let at = from; at < to; at++) sum += linked[links.at(at)]?.clicks ?? 0;
      run.begin(hi, lo, tuplesCell).varint(sum);
      run.end();
    }),
  );
  maker.make("visits", (run) => writeVisitsOf(run, batch.visits, rows, visitsFrom));
  return maker.made;
}

function tupleOf({ hour, values, clicks, visitors }: Tally, rows: Rows): Tuple {
  return { hour, row: rows.of(values), clicks, visitors: visitors.length === 0 ? visitors : visitors.map(shortHash) };
}

/** All, unknown and tags, in the order of a run. `tuples`: those of the tallies of links, in their order. */
function writeTogether(
  run: RunWriter,
  tallies: readonly Tally[],
  tuples: readonly Tuple[],
  rows: Rows,
  hoursFrom: number,
): void {
  const [all, unknown] = [new Alike(), new Alike()];
  const tagged = new Map<string, Alike>();
  let next = 0;
  for (const tally of tallies) {
    if (tally.link === null) {
      unknown.add(tupleOf(tally, rows));
      continue;
    }
    const tuple = tuples[next++] as Tuple;
    all.add(tuple);
    if (tally.tags.length === 0) continue;
    for (const tag of tally.tags.length > 1 ? new Set(tally.tags) : tally.tags) {
      let alike = tagged.get(tag);
      if (alike === undefined) {
        alike = new Alike();
        tagged.set(tag, alike);
      }
      alike.add(tuple);
    }
  }
  const tags = [...tagged]
    .map(([tag, alike]) => ({ ...tagKey(tag), alike }))
    .sort((a, b) => a.hi - b.hi || a.lo - b.lo);
  for (const { hi, lo, alike } of [{ ...allKey, alike: all }, { ...unknownKey, alike: unknown }, ...tags]) {
    const found = alike.tuples();
    if (found.length > 0) writeSubject(run, { hi, lo }, found, hoursFrom);
  }
}

function coverHours(run: RunWriter, tallies: readonly Tally[]): void {
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { hour } of tallies) {
    if (hour < from) from = hour;
    if (hour > to) to = hour;
  }
  run.covers(from, to, from);
}

function writeVisitsOf(run: RunWriter, visits: readonly Visit[], rows: Rows, visitsFrom: number): void {
  const links = new LinkOrder(visits);
  links.each((hi, lo, from, to) => {
    const found: KeptVisit[] = [];
    for (let at = from; at < to; at++) {
      const { time, values } = visits[links.at(at)] as Visit;
      found.push({ time, row: rows.of(values) });
    }
    const kept = keptOf(found, visitsFrom * hourMs);
    if (kept.length === 0) return;
    writeVisits(run.begin(hi, lo, tuplesCell), kept, run.values);
    run.end();
  });
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { time } of visits) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const hour = Math.floor(first / hourMs);
  run.covers(hour, Math.floor(last / hourMs), Math.max(hour, visitsFrom));
}

class Maker {
  readonly #blobs: Blob[] = [];
  readonly #runs: Run[] = [];
  readonly #writer: string;
  readonly #values: Values;
  #manifest: Manifest;

  constructor(writer: string, manifest: Manifest, values: Values) {
    this.#writer = writer;
    this.#manifest = manifest;
    this.#values = values;
  }

  make(family: Family, fill: (run: RunWriter) => void): void {
    const writer = new RunWriter(this.#writer, runId(this.#manifest), family, this.#values);
    this.#manifest = { ...this.#manifest, next: this.#manifest.next + 1 };
    fill(writer);
    const run = writer.finish(0);
    this.#blobs.push(...writer.take());
    if (run !== undefined) this.#runs.push(run);
  }

  get made(): MadeRuns {
    return { manifest: { ...this.#manifest, runs: [...this.#manifest.runs, ...this.#runs] }, blobs: this.#blobs };
  }
}
