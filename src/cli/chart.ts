const eighths = ["", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const lying = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
const height = 6;

/**
 * Columns for numbers from left to right, `height` lines high, with the highest one's number at the side. Where there are more
 * numbers than fit into `width` characters, neighbours share a column.
 */
export function columnChart(values: readonly number[], width: number): string[] {
  const share = Math.max(1, Math.ceil(values.length / Math.max(1, width - 14)));
  const columns: number[] = [];
  for (let at = 0; at < values.length; at += share)
    columns.push(values.slice(at, at + share).reduce((sum, value) => sum + value, 0));
  const most = Math.max(0, ...columns);
  const side = [most.toLocaleString("en"), "0"];
  const margin = Math.max(...side.map((text) => text.length));
  const wide = columns.length * 2 + margin + 2 <= width ? 2 : 1;
  const lines: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    const label = row === height - 1 ? side[0] : row === 0 ? side[1] : "";
    const bars = columns.map((value) => {
      const filled = most === 0 ? 0 : Math.round((value / most) * height * 8);
      // What is not nothing is seen.
      const part = Math.max(0, Math.min(8, (value > 0 ? Math.max(1, filled) : 0) - row * 8));
      return (eighths[part] ?? "").padEnd(wide);
    });
    lines.push(`${(label ?? "").padStart(margin)} ${bars.join("")}`.trimEnd());
  }
  return lines;
}

/** A bar of at most `width` characters for a part of the most. */
export function bar(value: number, most: number, width: number): string {
  const filled = most === 0 ? 0 : Math.max(value > 0 ? 1 : 0, Math.round((value / most) * width * 8));
  return "█".repeat(Math.floor(filled / 8)) + (lying[filled % 8] ?? "");
}
