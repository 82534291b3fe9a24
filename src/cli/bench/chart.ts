/** Sizes in px. */
const width = 720;
const height = 200;
const gutter = 64;
const foot = 24;
const field = { x: width - gutter, y: height - foot - 8 };

/** One line of a chart, a step for each value. */
export interface Line {
  readonly name: string;
  /** The class that the report's style sheet has for it: it says how the line and what is under it look. */
  readonly look: "area" | "strong" | "thin" | "bad";
  readonly values: readonly number[];
}

/**
 * Steps, one for each value, on a grid of three lines with their numbers at the end. `labels` stand below the first and
 * the last step.
 */
export function stepsSvg(title: string, lines: readonly Line[], labels: readonly [string, string]): string {
  const most = niceAbove(Math.max(...lines.flatMap((line) => line.values), 0));
  const count = Math.max(1, ...lines.map((line) => line.values.length));
  const x = (at: number) => round((at / count) * field.x);
  const y = (value: number) => round(8 + field.y - (value / most) * field.y);
  const grid = [1, 2, 3].map((n) => (most * n) / 3);
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    ...grid.map(
      (value) =>
        `<path class="grid" d="M0 ${y(value)}H${field.x}"/><text class="axis" x="${field.x + 8}" y="${y(value) + 4}">${short(value)}</text>`,
    ),
    ...lines.map(({ look, values }) => {
      const steps = values.map((value, i) => `${i === 0 ? "M" : "L"}${x(i)} ${y(value)}H${x(i + 1)}`).join("");
      const area = look === "area" ? `<path class="under" d="${steps}V${y(0)}H0Z"/>` : "";
      return `${area}<path class="line ${look}" d="${steps}"/>`;
    }),
    `<path class="zero" d="M0 ${y(0)}H${field.x}"/>`,
    `<text class="axis" x="0" y="${height - 6}">${escaped(labels[0])}</text>`,
    `<text class="axis" x="${field.x}" y="${height - 6}" text-anchor="end">${escaped(labels[1])}</text>`,
    "</svg>",
  ].join("\n");
}

/** Three times a number that is easy to read, and not below `value`. */
function niceAbove(value: number): number {
  if (value <= 0) return 3;
  const third = value / 3;
  const ten = 10 ** Math.floor(Math.log10(third));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * ten >= third) ?? 10;
  return 3 * step * ten;
}

/** A number for people: three figures, and k or M. */
export function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return `${Number(value.toPrecision(3))}`;
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
