import type { Figure } from "./figures.ts";

/** What a scenario is given. */
export interface Bench {
  /** Short slices and few, to see whether all works. */
  readonly quick: boolean;
  readonly rounds: number;
  /** How long one slice is. */
  readonly seconds: number;
  /** What goes on, for whoever waits. */
  readonly say: (text: string) => void;
  /** Ends at the end of the scenario, whatever happens; the last first. */
  readonly later: (end: () => unknown) => void;
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Bars of one measure: each beside its name, `ours` marked. */
export interface Bars {
  readonly file: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly figure: Figure; readonly ours: boolean }[];
}

/** One line of the product's goals. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly spread: string;
  readonly met: boolean;
}

export interface Outcome {
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  readonly bars: readonly Bars[];
  /** What has to be known to read the tables. */
  readonly notes: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly about: string;
  /** It takes so long that it runs only where it is named. */
  readonly alone?: boolean;
  readonly run: (bench: Bench) => Promise<Outcome>;
}

/** A goal on a figure: `atLeast` or `atMost` its median. */
export function goal(
  text: string,
  figure: Figure,
  limit: { readonly atLeast: number } | { readonly atMost: number },
  show: (value: number) => string,
): Goal {
  const met = "atLeast" in limit ? figure.median >= limit.atLeast : figure.median <= limit.atMost;
  return { goal: text, measured: show(figure.median), spread: `${show(figure.low)}–${show(figure.high)}`, met };
}
