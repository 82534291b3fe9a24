import type { ClickBatch } from "../../core/click.ts";
import type { Blob } from "./keeper.ts";
import { allKey, linkKey, type SubjectKey, tagKey, tuplesCell, unknownKey } from "./keys.ts";
import { hourMs } from "./periods.ts";
import { RunWriter } from "./run-writer.ts";
import { type Family, type Manifest, type Run, runId } from "./runs.ts";
import { writeSubject } from "./subjects.ts";
import { byHour, type Tuple } from "./tuples.ts";
import { Rows, type Values } from "./values.ts";
import { type KeptVisit, keptOf, writeVisits } from "./visits.ts";

/** What one subject gets of a batch. */
interface Share extends SubjectKey {
  readonly tuples: Tuple[];
  readonly visits: KeptVisit[];
}

/** The shares of subjects of one kind, each with a name of its own. */
class Shares {
  readonly #byName = new Map<string, Share>();
  readonly #keyOf: (name: string) => SubjectKey;

  constructor(keyOf: (name: string) => SubjectKey) {
    this.#keyOf = keyOf;
  }

  of(name: string): Share {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const { hi, lo } = this.#keyOf(name);
    const share: Share = { hi, lo, tuples: [], visits: [] };
    this.#byName.set(name, share);
    return share;
  }

  /** In the order of a run. Two names may have one key. */
  sorted(): Share[] {
    return [...this.#byName.values()].sort((a, b) => a.hi - b.hi || a.lo - b.lo);
  }
}

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
  // All and unknown have no names, and sort before tags, as these do before links.
  const [all, unknown]: [Share, Share] = [
    { ...allKey, tuples: [], visits: [] },
    { ...unknownKey, tuples: [], visits: [] },
  ];
  const tagged = new Shares(tagKey);
  const linked = new Shares(linkKey);
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { link, tags, hour, values: texts, clicks, visitors } of batch.tallies) {
    const tuple: Tuple = { hour, row: rows.of(texts), clicks, visitors: shortHashes(visitors) };
    from = Math.min(from, hour);
    to = Math.max(to, hour);
    if (link === null) {
      unknown.tuples.push(tuple);
      continue;
    }
    all.tuples.push(tuple);
    linked.of(link).tuples.push(tuple);
    for (const tag of tags.length > 1 ? new Set(tags) : tags) tagged.of(tag).tuples.push(tuple);
  }
  let [firstVisit, lastVisit] = [Number.POSITIVE_INFINITY, 0];
  for (const { link, time, values: texts } of batch.visits) {
    linked.of(link).visits.push({ time, row: rows.of(texts) });
    firstVisit = Math.min(firstVisit, time);
    lastVisit = Math.max(lastVisit, time);
  }
  const links = linked.sorted();
  maker.make("counts", (run) => {
    for (const share of [all, unknown, ...tagged.sorted(), ...links])
      if (share.tuples.length > 0) writeSubject(run, share, inOrder(share.tuples), hoursFrom);
    run.covers(from, to, from);
  });
  maker.make("sums", (run) => {
    for (const { hi, lo, tuples } of links) {
      if (tuples.length === 0) continue;
      let sum = 0;
      for (const { clicks } of tuples) sum += clicks;
      run.put({ hi, lo, cell: tuplesCell }, (bytes) => bytes.varint(sum));
    }
  });
  maker.make("visits", (run) => {
    for (const { hi, lo, visits } of links) {
      if (visits.length === 0) continue;
      const kept = keptOf(visits, visitsFrom * hourMs);
      if (kept.length > 0) run.put({ hi, lo, cell: tuplesCell }, (bytes, local) => writeVisits(bytes, kept, local));
    }
    const first = Math.floor(firstVisit / hourMs);
    run.covers(first, Math.floor(lastVisit / hourMs), Math.max(first, visitsFrom));
  });
  return maker.made;
}

function inOrder(tuples: Tuple[]): readonly Tuple[] {
  return tuples.length > 1 ? tuples.sort(byHour) : tuples;
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
    const run = writer.end(0);
    this.#blobs.push(...writer.take());
    if (run !== undefined) this.#runs.push(run);
  }

  get made(): MadeRuns {
    return { manifest: { ...this.#manifest, runs: [...this.#manifest.runs, ...this.#runs] }, blobs: this.#blobs };
  }
}

const none: readonly number[] = [];

/** The upper 32 of 52 bits. */
function shortHashes(visitors: readonly number[]): readonly number[] {
  if (visitors.length === 0) return none;
  if (visitors.length === 1) return [Math.floor((visitors[0] ?? 0) / 2 ** 20)];
  return visitors.map((visitor) => Math.floor(visitor / 2 ** 20));
}
