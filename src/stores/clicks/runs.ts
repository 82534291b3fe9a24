import { StoreDamaged } from "../../core/store.ts";
import type { Head } from "./keeper.ts";

/** Runs of counts, of each link's sum, and of visits are kept apart, as they are read and expire apart. */
export const families = ["counts", "sums", "visits"] as const;
export type Family = (typeof families)[number];

/** A sorted, immutable part of what a writer has added. */
export interface Run {
  readonly id: number;
  readonly family: Family;
  /** How often what is in it was merged. */
  readonly level: number;
  readonly blocks: number;
  readonly bytes: number;
  /** The hours that it has clicks of, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** No older hour is told apart in it; for visits, none is older. */
  readonly hoursFrom: number;
}

/** The runs of a writer. */
export interface Manifest {
  /** Rises when another process takes over: one that did not notice can add nothing more. */
  readonly epoch: number;
  /** Random, made with the epoch: two who take over at once can be told apart. */
  readonly owner: string;
  /** The next run of this epoch. */
  readonly next: number;
  /** Runs of which blobs may be there that are no part of the counts, or not yet. */
  readonly pending: readonly number[];
  readonly runs: readonly Run[];
}

export const emptyManifest: Manifest = { epoch: 0, owner: "", next: 0, pending: [], runs: [] };

const runsOfEpoch = 2 ** 24;

/** The number of the run that is made next. */
export function runId({ epoch, next }: Manifest): number {
  return epoch * runsOfEpoch + next;
}

/** The epoch that a run was begun in. */
export function epochOf(run: number): number {
  return Math.floor(run / runsOfEpoch);
}

/** The same counts in the hands of another process. What the one before had begun to write is nobody's now. */
export function takenOver(old: Manifest): Manifest {
  const begun = families.map((_, index) => runId(old) + index);
  return {
    epoch: old.epoch + 1,
    owner: crypto.randomUUID().slice(0, 8),
    next: 0,
    pending: old.epoch === 0 ? [] : [...old.pending, ...begun],
    runs: old.runs,
  };
}

export function writeManifest(
  writer: string,
  { number, position }: Pick<Head, "number" | "position">,
  { epoch, owner, next, pending, runs }: Manifest,
): string {
  const rows = runs.map(({ id, family, level, blocks, bytes, from, to, hoursFrom }) => [
    id,
    families.indexOf(family),
    level,
    blocks,
    bytes,
    from,
    to,
    hoursFrom,
  ]);
  const body = JSON.stringify([epoch, owner, next, pending, rows]);
  return `${sumOf(writer, body)} ${sumOf(writer, `${number}\n${position}`)} ${body}`;
}

/** Throws `StoreDamaged` if that is not what was written for this writer. */
export function readManifest(writer: string, head: Pick<Head, "runs"> & Partial<Head>): Manifest {
  const [, sum, headSum, body = ""] = /^(\S+) (\S+) (.*)$/s.exec(head.runs) ?? [];
  const { number, position } = head;
  const fits = number === undefined || headSum === sumOf(writer, `${number}\n${position}`);
  if (sum !== sumOf(writer, body) || !fits)
    throw new StoreDamaged(`The counts of clicks are damaged: the head of writer ${writer}. Run curt doctor.`);
  const [epoch, owner, next, pending, rows] = JSON.parse(body) as [number, string, number, number[], number[][]];
  const runs = rows.map(([id = 0, family = 0, level = 0, blocks = 0, bytes = 0, from = 0, to = 0, hoursFrom = 0]) => ({
    id,
    family: families[family] ?? "counts",
    level,
    blocks,
    bytes,
    from,
    to,
    hoursFrom,
  }));
  return { epoch, owner, next, pending, runs };
}

function sumOf(writer: string, text: string): string {
  return Bun.hash.crc32(`${writer}\n${text}`).toString(16);
}
