/** Several measurements of one thing: their median, and between which figures the middle half of them lies. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Throws `RangeError` where there is nothing to take the median of. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) throw new RangeError("There is no figure of no measurements.");
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    count: sorted.length,
  };
}

/** Pairs measured in one round, as ratios: what drifts from round to round cancels out. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Figure {
  return figureOf(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}

/** A number with three significant digits, thousands apart. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  if (size === 0) return "0";
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** `0.93 (0.91–0.95)`. */
export function withSpread(figure: Figure): string {
  return `${short(figure.median)} (${short(figure.low)}–${short(figure.high)})`;
}
