import { damagedBlob, Gone } from "./block.ts";
import type { ClickKeeper } from "./keeper.ts";
import { mergeRuns } from "./merge.ts";
import { epochOf, type Family, families, type Manifest, type Run, runId } from "./runs.ts";
import type { Change } from "./store.ts";

/** So many runs of a level are merged into one of the next. */
const fanOut = 8;
/** So many runs of sums at least are merged into one, and so many are left at most. */
const [fewestSums, mostSums] = [4, 16];
/** A run is written anew when it tells apart hours, or has visits, so many hours past their retention. */
const late: Readonly<Record<Family, number>> = { counts: 15 * 24, sums: Number.POSITIVE_INFINITY, visits: 24 };

interface Retention {
  /** In hours. */
  readonly hoursFrom: number;
  readonly visitsFrom: number;
  readonly now: number;
}

type Changer = (
  make: (held: {
    readonly head: Pick<Change, "number" | "position">;
    readonly manifest: Manifest;
  }) => Change | undefined,
) => Promise<void>;

/**
 * The housekeeping of one writer's runs. What a killed process left behind is removed first; merges are made in slices,
 * and the runs that were merged are removed when the head no longer speaks of them.
 */
export class Tending {
  readonly #writer: string;
  readonly #keeper: ClickKeeper;
  readonly #change: Changer;
  /** Runs whose blobs are to be removed; `undefined`: not known yet. */
  #dead: number[] | undefined;
  /** Those that were. */
  readonly #removed = new Set<number>();
  #merge: Merge | undefined;

  constructor(writer: string, keeper: ClickKeeper, change: Changer) {
    this.#writer = writer;
    this.#keeper = keeper;
    this.#change = change;
  }

  /** Works for about `budget` ms; `true`: there is more to do. */
  async go(retention: Retention, budget: number): Promise<boolean> {
    const until = performance.now() + budget;
    do {
      this.#dead ??= await this.#pending();
      const dead = this.#dead.at(-1);
      if (dead !== undefined) {
        if (await this.#keeper.drop(this.#writer, dead)) continue;
        this.#removed.add(dead);
        this.#dead.pop();
        continue;
      }
      this.#merge ??= await this.#begin(retention);
      if (this.#merge === undefined) return false;
      await this.#goOn(this.#merge, until);
    } while (performance.now() < until);
    return true;
  }

  /** What a process that is gone left behind, or this one when it took over from itself. */
  async #pending(): Promise<number[]> {
    let pending: readonly number[] = [];
    await this.#change(({ manifest }) => {
      pending = manifest.pending;
      return undefined;
    });
    return [...pending];
  }

  async #begin(retention: Retention): Promise<Merge | undefined> {
    let begun: { readonly inputs: readonly Run[]; readonly level: number; readonly id: number } | undefined;
    await this.#change(({ head: { number, position }, manifest }) => {
      const chosen = choose(manifest.runs, retention);
      if (chosen === undefined) return undefined;
      const id = runId(manifest);
      begun = { ...chosen, id };
      const pending = [...this.#stillPending(manifest), id];
      return { number, position, manifest: { ...manifest, next: manifest.next + 1, pending }, blobs: [] };
    });
    if (begun === undefined) return undefined;
    const { inputs, id } = begun;
    const steps = mergeRuns({ keeper: this.#keeper, writer: this.#writer, ...begun, ...retention });
    return { inputs, id, steps };
  }

  async #goOn(merge: Merge, until: number): Promise<void> {
    const { inputs, id, steps } = merge;
    for (;;) {
      const step = await steps.next().catch((error: unknown) => this.#giveUp(merge, error));
      if (step === undefined) return;
      if (step.done === true) {
        await this.#replace(inputs, id, step.value);
        return;
      }
      if (performance.now() >= until) return;
    }
  }

  /** Another process may have taken over, and merged the same: otherwise what is missing is damage. */
  async #giveUp({ id }: Merge, error: unknown): Promise<undefined> {
    this.#merge = undefined;
    if (!(error instanceof Gone)) throw error;
    let isOurs = false;
    await this.#change(({ head: { number, position }, manifest }) => {
      isOurs = epochOf(id) === manifest.epoch;
      // Only a write tells whether what we know is the newest.
      return { number, position, manifest, blobs: [] };
    });
    if (isOurs) throw damagedBlob(error.key);
    this.#dead = undefined;
  }

  async #replace(inputs: readonly Run[], id: number, merged: Run | undefined): Promise<void> {
    this.#merge = undefined;
    const gone = new Set(inputs.map(({ id }) => id));
    let isDone = false;
    await this.#change(({ head: { number, position }, manifest }) => {
      const rest = manifest.runs.filter(({ id }) => !gone.has(id));
      // If another process has taken over meanwhile, it removes what we wrote.
      isDone = epochOf(id) === manifest.epoch && rest.length === manifest.runs.length - inputs.length;
      if (!isDone) return undefined;
      const runs = merged === undefined ? rest : [...rest, merged];
      const pending = [...this.#stillPending(manifest).filter((run) => run !== id), ...gone];
      return { number, position, manifest: { ...manifest, runs, pending }, blobs: [] };
    });
    if (isDone) this.#dead?.push(...gone);
    else this.#dead = undefined;
  }

  #stillPending({ pending }: Manifest): number[] {
    return pending.filter((run) => !this.#removed.has(run));
  }
}

interface Merge {
  readonly inputs: readonly Run[];
  readonly id: number;
  readonly steps: ReturnType<typeof mergeRuns>;
}

/** Which runs are to be merged next: the youngest there are enough of, or one that has what is past its retention. */
export function choose(
  runs: readonly Run[],
  { hoursFrom, visitsFrom }: Retention,
): { readonly inputs: readonly Run[]; readonly level: number } | undefined {
  const sums = chosenSums(runs);
  if (sums.length > 0) return { inputs: sums, level: 1 + Math.max(...sums.map(({ level }) => level)) };
  for (const family of families) {
    if (family === "sums") continue;
    const levels = new Map<number, Run[]>();
    for (const run of runs) {
      if (run.family !== family) continue;
      const level = levels.get(run.level) ?? [];
      level.push(run);
      levels.set(run.level, level);
    }
    for (const [level, there] of [...levels].sort((a, b) => a[0] - b[0]))
      if (there.length >= fanOut) return { inputs: there.slice(0, fanOut), level: level + 1 };
  }
  const since = { counts: hoursFrom, sums: 0, visits: visitsFrom };
  const old = runs.find((run) => run.hoursFrom > 0 && run.hoursFrom < since[run.family] - late[run.family]);
  return old === undefined ? undefined : { inputs: [old], level: old.level };
}

/**
 * Sums are looked up for many links at once, in each run, and those of the same links don't get longer when they are merged. So
 * runs are chosen by their length, shortest first, as long as each is at most twice as long as all that are shorter: the longer
 * ones that stay beside them are few, and together not much longer than the longest.
 */
function chosenSums(runs: readonly Run[]): Run[] {
  const sums = runs.filter(({ family }) => family === "sums").sort((a, b) => a.bytes - b.bytes);
  let count = 0;
  let length = Number.POSITIVE_INFINITY;
  for (const { bytes } of sums) {
    if (bytes > 2 * length) break;
    length = count++ === 0 ? bytes : length + bytes;
  }
  if (count >= fewestSums) return sums.slice(0, count);
  return sums.length > mostSums ? sums.slice(0, fewestSums) : [];
}
