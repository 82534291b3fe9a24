import { short } from "./figures.ts";
import type { Bars } from "./scenario.ts";

const row = 30;
const labels = 262;
const field = 380;
const numbers = 96;
const head = 44;

/**
 * Bars as an SVG that reads in light and dark: ours marked, the others plain, a thin line from the lower to the upper
 * quartile on each.
 */
export function barsSvg({ title, unit, bars }: Bars): string {
  const most = Math.max(...bars.map(({ figure }) => figure.high), Number.MIN_VALUE);
  const x = (value: number) => Number((labels + (value / most) * field).toFixed(1));
  const width = labels + field + numbers;
  const height = head + bars.length * row + 12;
  const lines = bars.map(({ name, figure, ours }, i) => {
    const top = head + i * row;
    const middle = top + row / 2;
    return [
      `<text class="${ours ? "ours" : "name"}" x="${labels - 12}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${ours ? "mark" : "bar"}" x="${labels}" y="${top + 5}" width="${Number((x(figure.median) - labels).toFixed(1))}" height="${row - 10}"/>`,
      `<path class="spread" d="M${x(figure.low)} ${middle}H${x(figure.high)}"/>`,
      `<text class="number" x="${Math.max(x(figure.median), x(figure.high)) + 8}" y="${middle + 4}">${short(figure.median)}</text>`,
    ].join("");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
.paper{fill:#FBFAF5}.title{fill:#17160F;font:650 14px system-ui,sans-serif}.unit,.name{fill:#525045;font:13px system-ui,sans-serif}
.ours{fill:#17160F;font:650 13px system-ui,sans-serif}.number{fill:#17160F;font:13px ui-monospace,monospace}
.bar{fill:#E4E1D5;stroke:#87836F}.mark{fill:#FFD62E;stroke:#17160F}.spread{stroke:#17160F;stroke-width:1.5}.zero{stroke:#17160F}
@media (prefers-color-scheme:dark){.paper{fill:#14130F}.title,.ours,.number{fill:#F3F0E4}.unit,.name{fill:#BFBBAC}
.bar{fill:#2E2C25;stroke:#7F7B6C}.mark{stroke:#FFD62E}.spread,.zero{stroke:#F3F0E4}}
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="16" y="26">${escaped(title)}<tspan class="unit" dx="10">${escaped(unit)}</tspan></text>
${lines.join("\n")}
<path class="zero" d="M${labels} ${head}V${height - 12}"/>
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
