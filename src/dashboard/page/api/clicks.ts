import type { Clicks, Dimension, Group } from "../../../client/client.ts";
import type { Drawn, Range } from "../ui/steps.ts";
import { drawn } from "../ui/steps.ts";
import { api } from "./api.ts";

/** Whose clicks: a link's by its slug, or those of all links. */
export type Subject = string | undefined;

export interface Counts {
  readonly range: Range;
  readonly total: number;
  readonly unique: number;
  readonly bots: number;
  readonly steps: readonly Drawn[];
}

function read(
  subject: Subject,
  range: Range,
  more: { readonly by?: Dimension; readonly bots?: true },
  signal: AbortSignal,
): Promise<Clicks> {
  const [from, to] = [new Date(range.from).toISOString(), new Date(range.to).toISOString()];
  return api.clicks.read(subject, { from, to, unit: range.unit, ...more }, { signal });
}

/** The sums and steps of a range. What bots did is what the series with them has more. */
export async function readCounts(subject: Subject, range: Range, signal: AbortSignal): Promise<Counts> {
  const [people, all] = await Promise.all([
    read(subject, range, {}, signal),
    read(subject, range, { bots: true }, signal),
  ]);
  // Hours of long ago are kept as days.
  const kept: Range = people.unit === range.unit ? range : { ...range, unit: people.unit };
  const steps = drawn(kept, people.series, all.series);
  return { range: kept, total: people.total, unique: people.unique, bots: people.bots, steps };
}

export async function readGroups(
  subject: Subject,
  range: Range,
  by: Dimension,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  return (await read(subject, range, { by }, signal)).groups;
}
