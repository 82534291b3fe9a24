import { type Figure, ratioOf } from "./figures.ts";
import { cpuMicros } from "./machine.ts";
import { type Answered, type Load, load } from "./wrk.ts";

/** Somebody who answers redirects, to be measured beside others. */
export interface Contender {
  readonly name: string;
  /** All processes whose time counts. */
  readonly pids: () => readonly number[];
  /** What is asked of it. `seconds` is given by the round. */
  readonly load: Omit<Load, "seconds">;
  /** Waits until the work that its answers left behind is done too; its time counts. */
  readonly settle?: () => Promise<void>;
  /** Begins what goes on beside the load; its time counts. */
  readonly beside?: () => { stop(): Promise<void> };
}

/** One contender's slices, round by round. */
export interface Slices {
  readonly name: string;
  /** Requests a second. */
  readonly rate: readonly number[];
  /** Processor time for a request, in µs. */
  readonly cpu: readonly number[];
  /** Of the CPU that it is pinned to, the share it used; near 1 it was the limit. */
  readonly busy: readonly number[];
  readonly p50: readonly number[];
  readonly p99: readonly number[];
}

export interface RoundOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly say: (text: string) => void;
}

/** Short slices in turn, each round in another order, so that what drifts on the machine meets all of them. */
export async function interleaved(contenders: readonly Contender[], options: RoundOptions): Promise<Slices[]> {
  const slices = contenders.map(({ name }) => ({
    name,
    rate: [] as number[],
    cpu: [] as number[],
    busy: [] as number[],
    p50: [] as number[],
    p99: [] as number[],
  }));
  for (const one of contenders) await load({ ...one.load, seconds: 1 });
  for (let round = 0; round < options.rounds; round++) {
    options.say(`round ${round + 1} of ${options.rounds}`);
    for (let step = 0; step < contenders.length; step++) {
      const at = (round + step) % contenders.length;
      const [contender, mine] = [contenders[at], slices[at]];
      if (contender === undefined || mine === undefined) continue;
      const { answered, micros } = await slice(contender, options.seconds);
      mine.rate.push(answered.requests / answered.seconds);
      mine.cpu.push(micros / answered.requests);
      mine.busy.push(micros / 1e6 / answered.seconds);
      mine.p50.push(answered.p50);
      mine.p99.push(answered.p99);
    }
  }
  return slices;
}

/** One slice, with the processor time it took. */
export async function slice(contender: Contender, seconds: number): Promise<{ answered: Answered; micros: number }> {
  const before = cpuMicros(contender.pids());
  const beside = contender.beside?.();
  const answered = await load({ ...contender.load, seconds });
  await beside?.stop();
  await contender.settle?.();
  const micros = cpuMicros(contender.pids()) - before;
  if (micros <= 0) throw new Error(`A process of ${contender.name} ended in the middle of a slice.`);
  return { answered, micros };
}

/** How fast `ours` is beside `theirs`: 1 is as fast, 2 twice as fast. By processor time, which drifts least. */
export function speedRatio(ours: Slices, theirs: Slices): Figure {
  return ratioOf(theirs.cpu, ours.cpu);
}

export function rateRatio(ours: Slices, theirs: Slices): Figure {
  return ratioOf(ours.rate, theirs.rate);
}
