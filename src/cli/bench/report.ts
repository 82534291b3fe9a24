import { escaped, short, stepsSvg } from "./chart.ts";
import { figuresOf, tooBusy } from "./figures.ts";
import type { Outcome } from "./load.ts";

/** What a report says of the load besides its outcome. */
export interface About {
  readonly url: string;
  /** What was asked, in words. */
  readonly profile: string;
  readonly at: Date;
}

const bounds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** A page that needs nothing else: one file to send to somebody. */
export function reportHtml(outcome: Outcome, about: About): string {
  const figures = figuresOf(outcome);
  const { seconds } = outcome;
  // A second that is not over would look like a fall.
  const whole = seconds.slice(0, Math.max(1, Math.floor(outcome.took / 1000 + 0.05)));
  const last = `${whole.length} s`;
  const per = (share: number) => whole.map(({ latencies }) => latencies.quantile(share));
  const share = figures.requests === 0 ? 0 : (100 * figures.errors) / figures.requests;
  const strip = [
    ["requests a second", short(figures.perSecond)],
    ["requests", figures.requests.toLocaleString("en")],
    ["average", `${figures.average} ms`],
    ["half within", `${figures.p50} ms`],
    ["99 of 100 within", `${figures.p99} ms`],
    ["longest", `${figures.max} ms`],
    [figures.errors === 0 ? "errors" : `errors, ${percent(share)}`, figures.errors.toLocaleString("en")],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Load on ${escaped(about.url)}</title>
<style>${style}</style>
<main>
<h1>Load on <mark>${escaped(about.url)}</mark></h1>
<p class="about">${escaped(about.profile)} <time>${about.at.toISOString().slice(0, 16).replace("T", " ")} UTC</time>, from one machine.</p>
<dl>${strip.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>
${figures.busy > tooBusy ? `<p class="warn">× The program that made the load was busy for ${Math.round(figures.busy * 100)} % of the time: a part of these times is its own.</p>` : ""}
<h2>Requests a second${figures.errors === 0 ? "" : ' <span class="warn">errors: red</span>'}</h2>
${stepsSvg(
  "Requests a second",
  [
    { name: "requests", look: "area", values: whole.map(({ latencies }) => latencies.total) },
    ...(figures.errors === 0
      ? []
      : [{ name: "errors", look: "bad", values: whole.map(({ errors }) => errors) } as const]),
  ],
  ["0 s", last],
)}
<h2>Time to the answer, ms <span>half within: area</span> <span>95 of 100: strong</span> <span>99 of 100: thin</span></h2>
${stepsSvg(
  "Time to the answer in ms",
  [
    { name: "p50", look: "area", values: per(0.5) },
    { name: "p95", look: "strong", values: per(0.95) },
    { name: "p99", look: "thin", values: per(0.99) },
  ],
  ["0 s", last],
)}
<h2>How many took how long</h2>
${spread(outcome)}
<h2>What was answered</h2>
${table(
  ["answer", "how often"],
  [...outcome.results].sort((a, b) => b[1] - a[1]).map(([result, times]) => [result, `${times}`]),
)}
<details><summary>Second by second</summary>
${table(
  ["second", "users", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"],
  seconds.map(({ latencies, users, errors }, i) =>
    [
      i,
      users,
      latencies.total,
      ...[0.5, 0.95, 0.99, 1].map((one) => latencies.quantile(one).toPrecision(3)),
      errors,
    ].map(String),
  ),
)}</details>
</main>
</html>
`;
}

/** A share in percent, so that the least is not 0 and the whole is 100. */
function percent(share: number): string {
  if (share < 0.01) return "less than 0.01 %";
  return `${share < 10 ? Number(share.toPrecision(2)) : share > 99.5 && share < 100 ? 99.5 : Math.round(share)} %`;
}

/** Bars from the shortest time that came to the longest. */
function spread({ all }: Outcome): string {
  const counts = all.spread(bounds);
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first === -1) return "<p>Nothing.</p>";
  const most = Math.max(...counts);
  const rows = counts.slice(first, last + 1).map((count, i) => {
    const bound = bounds[first + i] ?? 0;
    const name = first + i === bounds.length - 1 ? "longer" : `to ${short(bound)} ms`;
    return `<tr><th>${name}</th><td class="bar"><svg viewBox="0 0 100 20" preserveAspectRatio="none"><rect class="fill" width="${((100 * count) / most).toFixed(2)}" height="20"/></svg></td><td>${count}</td><td>${((100 * count) / all.total).toFixed(count === all.total ? 0 : 2)} %</td></tr>`;
  });
  return `<table class="spread">${rows.join("\n")}</table>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${line(head, "th")}${rows.map((row) => line(row, "td")).join("\n")}</table>`;
}

const style = `
:root{color-scheme:light dark;--paper:#FBFAF5;--ink:#17160F;--ink2:#525045;--ink3:#6B685B;--rule:#E4E1D5;--edge:#87836F;--mark:#FFD62E;--tint:#FFF3BD;--danger:#B3261A;--line:#17160F}
@media(prefers-color-scheme:dark){:root{--paper:#14130F;--ink:#F3F0E4;--ink2:#BFBBAC;--ink3:#9B9788;--rule:#2E2C25;--edge:#7F7B6C;--tint:#33290F;--danger:#FF8F80;--line:#FFD62E}}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/20px system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:784px;margin:0 auto;padding:40px 32px}
h1{font-size:28px;line-height:40px;font-weight:700;letter-spacing:-.02em;margin:0 0 8px;overflow-wrap:anywhere}
mark{background:var(--mark);color:#17160F;padding:0 6px;font-family:ui-monospace,monospace;font-size:24px}
h2{font-size:14px;font-weight:650;border-bottom:1px solid var(--ink);padding-bottom:4px;margin:40px 0 12px}
h2 span{font-weight:400;color:var(--ink3);margin-inline-start:8px}
.about{color:var(--ink2);margin:0 0 24px}.warn,h2 .warn{color:var(--danger)}
dl{display:flex;flex-wrap:wrap;margin:0;border-block:1px solid var(--rule)}
dl div{flex:1 1 auto;padding:12px 12px 12px 0}dt{font-size:13px;color:var(--ink3)}dd{margin:0;font-size:22px;line-height:32px;font-weight:650;letter-spacing:-.025em;white-space:nowrap}
main>svg{display:block;width:100%;height:auto}
.grid{stroke:var(--rule)}.zero{stroke:var(--ink)}.axis{fill:var(--ink3);font-size:12px}
.under{fill:var(--tint)}.line{fill:none;stroke:var(--line)}.line.area{stroke-width:1.5}.line.strong{stroke:var(--ink);stroke-width:1.5}.line.thin{stroke:var(--edge)}.line.bad{stroke:var(--danger);stroke-width:2}
table{border-collapse:collapse;width:100%}th{font-weight:400;color:var(--ink3);text-align:start}td,th{padding:4px 12px 4px 0;border-bottom:1px solid var(--rule)}
.spread th{width:96px}.spread td{width:72px;text-align:end}.spread td.bar{width:auto}.bar svg{display:block;width:100%;height:20px}.fill{fill:var(--mark)}
@media(max-width:500px){.axis{font-size:24px}}
details{margin-top:24px}summary{cursor:pointer;padding:4px 0}
`;
