import { figureOf, short, withSpread } from "../figures.ts";
import { rateRatio, type Slices, speedRatio } from "../rounds.ts";
import type { Bars, Table } from "../scenario.ts";

/** Contenders beside one of them: the neighbour that stands for 1. */
export function redirectTable(caption: string, all: readonly Slices[], neighbour: Slices): Table {
  return {
    caption,
    columns: [
      "",
      "CPU, µs",
      `speed, ${neighbour.name} = 1`,
      "rate, the same",
      "requests/s",
      "p50, ms",
      "p99, ms",
      "busy",
    ],
    rows: all.map((one) => [
      one.name,
      short(figureOf(one.cpu).median),
      withSpread(speedRatio(one, neighbour)),
      withSpread(rateRatio(one, neighbour)),
      short(figureOf(one.rate).median),
      short(figureOf(one.p50).median),
      short(figureOf(one.p99).median),
      `${Math.round(100 * figureOf(one.busy).median)} %`,
    ]),
  };
}

export function redirectBars(file: string, title: string, all: readonly Slices[], neighbour: Slices): Bars {
  return {
    file,
    title,
    unit: `speed by processor time, ${neighbour.name} = 1`,
    bars: all.map((one) => ({ name: one.name, figure: speedRatio(one, neighbour), ours: one.name.startsWith("Curt") })),
  };
}

/** The slices of the contender of this name, or of the first whose name begins so. */
export function named(all: readonly Slices[], name: string): Slices {
  const found = all.find((one) => one.name === name) ?? all.find((one) => one.name.startsWith(name));
  if (found === undefined) throw new Error(`Nobody is called ${name}.`);
  return found;
}
