import { publicPerMinute, retrySeconds } from "./limits.ts";
import { faces, fontLinks, tokens } from "./page-style.ts";

const style = `${faces}${tokens}
*{box-sizing:border-box;margin:0}
body{min-height:100vh;min-height:100dvh;padding:32px;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);font:400 18px/28px "Host Grotesk",system-ui,sans-serif}
header,b.typed,.short,.long,input{font-family:"Sometype Mono",ui-monospace,monospace;font-weight:700;letter-spacing:-.02em;overflow-wrap:anywhere}
p,h1{max-width:100%}
header{font-size:14px;line-height:20px}
main{flex:1;display:flex;flex-direction:column;justify-content:center;padding:40px 0}
h1{font-weight:750;font-size:88px;line-height:1.08;letter-spacing:-.035em;margin-bottom:32px}
h1.line{font-size:56px;line-height:1.3}
mark{background:#FFD62E;color:#17160F;padding:0 .1em;white-space:nowrap}
i{display:inline-block;width:.16em;height:.16em;margin-left:.09em;background:var(--ink)}
p+p{margin-top:8px;font-size:15px;line-height:24px;color:var(--ink2)}
.short{font-weight:400;font-size:20px;color:var(--ink3);margin-bottom:12px}
.short mark{font-weight:700;color:#17160F;white-space:normal;-webkit-box-decoration-break:clone;box-decoration-break:clone}
h1.host{font-size:48px;line-height:56px;margin-bottom:8px;overflow-wrap:anywhere}
.short small,p.still{font:400 15px/24px "Host Grotesk",system-ui,sans-serif;letter-spacing:0;color:var(--ink2)}
.short bdi{margin-inline-end:6px}
.short small{color:var(--ink3)}
p.long{margin:0 0 24px;font-weight:400;font-size:15px;line-height:24px;color:var(--ink3);user-select:all}
p.danger{margin:0 0 24px;padding:12px 16px;max-width:680px;border-inline-start:4px solid var(--danger);background:var(--tint);color:var(--ink);font-size:14px;font-weight:600}
.buttons{display:flex;flex-wrap:wrap;gap:12px;margin-bottom:24px}
.button,button{display:inline-flex;align-items:center;gap:10px;min-height:48px;padding:0 20px;border:1px solid var(--edge);border-radius:4px;background:var(--raised);color:var(--ink);font:600 15px/20px "Host Grotesk",system-ui,sans-serif;text-decoration:none}
.button:hover{border-color:var(--ink)}
.main,form button{background:#FFD62E;border-color:#17160F;color:#17160F}
.main:hover,form button:hover{background:#F2C300;border-color:#17160F}
form{display:flex;width:100%;max-width:760px;border:1.5px solid var(--line);border-radius:4px;background:var(--raised)}
form:focus-within{outline:1.5px solid var(--ink);outline-offset:0}
input{flex:1;min-width:0;height:68px;padding:0 20px;border:0;background:none;color:var(--ink);font-size:20px;font-weight:400;outline:0}
input::placeholder{font-family:"Host Grotesk",system-ui,sans-serif;color:var(--ink3);opacity:1}
.buttons button{min-height:48px;height:48px;padding:0 20px;border:1px solid var(--edge);border-radius:4px;background:var(--raised);color:var(--ink);font-size:15px;cursor:pointer}
.buttons button:hover{border-color:var(--ink);background:var(--raised)}
[hidden]{display:none!important}
form button{height:68px;padding:0 24px;border:0;border-inline-start:1.5px solid var(--line);border-radius:0 2px 2px 0;font-size:16px;cursor:pointer}
form+p{margin-top:12px;font-size:15px;line-height:24px;color:var(--ink2)}
form+p.wrong{color:var(--danger);font-weight:600}
a{color:inherit;text-underline-offset:3px}
a:focus-visible,button:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
footer{display:flex;justify-content:space-between;align-items:end;font-size:13px;line-height:20px;color:var(--ink3)}
svg{display:block;height:20px}
.block{fill:#FFD62E}.word{fill:#17160F}.stop{fill:var(--ink)}
.bar{margin-top:24px;width:270px;max-width:100%;height:3px;background:var(--rule)}
.bar div{height:3px;background:var(--ink);animation:wait ${retrySeconds}s linear both}
@keyframes wait{from{width:0}to{width:100%}}
@media(prefers-reduced-motion:reduce){.bar{display:none}}
@media(max-width:599px){body{padding:16px}h1{font-size:64px}h1.line{font-size:40px}h1.host{font-size:36px;line-height:40px}input,form button{height:56px}input{font-size:17px;padding:0 16px}form button{padding:0 16px}}
@media(forced-colors:active){mark{background:Highlight;color:HighlightText}i{background:CanvasText}}`;

const word =
  "M21.5 10.63A10 10 0 1 0 21.5 29.37V23.57A5 5 0 1 1 21.5 16.43ZM25 10V22A8 8 0 0 0 41 22V10H36V22A3 3 0 0 1 30 22V10Z" +
  "M45 30V20A10 10 0 0 1 55 10V15A5 5 0 0 0 50 20V30Z" +
  "M59 4H64V10H68.5V15H64V22A3 3 0 0 0 67 25H68.5V30H67A8 8 0 0 1 59 22V15H57V10H59Z";
const markSvg = `<svg viewBox="0 0 86 38" role="img" aria-label="curt"><path class="block" d="M0 0H76V38H0Z"/><path class="word" d="${word}"/><path class="stop" d="M80 25H85V30H80Z"/></svg>`;

/** The icon of browser tabs. */
export const iconSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#FFD62E" d="M0 0H32V32H0Z"/>' +
  '<path fill="#17160F" d="M18 6.63A10 10 0 1 0 18 25.37V19.57A5 5 0 1 1 18 12.43ZM21.5 20H27.5V26H21.5Z"/></svg>';

const hash = new Bun.CryptoHasher("sha256").update(style).digest("base64");

const policy = `default-src 'none'; style-src 'sha256-${hash}'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

/** What every page is sent with: nothing is loaded, framed, sniffed or indexed. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-store",
  "Content-Security-Policy": policy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "X-Robots-Tag": "noindex",
};

/** The same for a page with a script of ours. */
export const scriptedPageHeaders: Readonly<Record<string, string>> = {
  ...pageHeaders,
  "Content-Security-Policy": `${policy}; script-src 'self'`,
};

export type PageKind = "unknown" | "gone" | "unavailable" | "hurried" | "refused" | "root";

/** A page's words: the marked one, what is said below, and the line at the foot. */
export interface PageWords {
  readonly say: string;
  readonly lines: readonly string[];
  readonly foot: string;
}

/** What a visitor is told. `slug`: as asked for, decoded; shown as text, never as markup. `wait`: seconds until another try. */
export function wordsFor(kind: Exclude<PageKind, "refused" | "root">, slug: string, wait = retrySeconds): PageWords {
  switch (kind) {
    case "unknown":
      return {
        say: "Nope",
        lines: [
          slug === "" ? "Nothing is here." : `Nothing is called /${slug}.`,
          "Capitals count. So does every letter. Check it against what you were given.",
        ],
        foot: "404, not found",
      };
    case "gone":
      return {
        say: "Over",
        lines: [`/${slug} was here. It ended.`, "Whoever gave it to you may have a newer one."],
        foot: "410, gone",
      };
    case "unavailable":
      return {
        say: "Not now",
        lines: [`We can't look up /${slug}. The link is likely fine. We aren't.`, `Trying again in ${retrySeconds} s.`],
        foot: "503, not available",
      };
    case "hurried":
      return {
        say: "Slowly",
        lines: ["Your address asked for too many links that don't exist.", `Ask for /${slug} again in ${wait} s.`],
        foot: "429, too many requests",
      };
  }
}

/** The page of some words, in HTML, under 8 KB. `house`: the host this Curt is known by. `retry`: loads itself again. */
export function page(words: PageWords, house: string, slug: string, retry = false): string {
  const name = `/${slug}`;
  const lines = words.lines.map((line, i) => {
    const [before, after] = slug === "" ? [line] : split(line, name);
    const text =
      after === undefined ? escaped(line) : `${escaped(before)}<b class="typed">${escaped(name)}</b>${escaped(after)}`;
    const again = retry && i === words.lines.length - 1 ? ' <a href="">Try now</a>' : "";
    return `<p>${text}${again}</p>`;
  });
  if (retry) lines.push('<div class="bar"><div></div></div>');
  const heading = `<h1><mark>${escaped(words.say)}</mark><i></i></h1>`;
  return shell({ title: `${words.say}.`, house, main: heading + lines.join(""), foot: escaped(words.foot), retry });
}

/** What went wrong with an address that somebody wanted short, and the address. */
export interface FailedCreate {
  readonly url: string;
  readonly message: string;
}

/** The page of `/`, with a field where anyone may create links. */
export function rootPage(house: string, publicCreate: boolean, failed?: FailedCreate): string {
  const heading = '<h1 class="line">Long in, <mark>short</mark> out<i></i></h1>';
  const wrong = failed === undefined ? "" : ' aria-invalid="true"';
  const note =
    failed === undefined
      ? `<p id="note">Anyone may. ${publicPerMinute === 10 ? "Ten" : publicPerMinute} a minute.</p>`
      : `<p id="note" class="wrong" role="alert">✕ ${escaped(failed.message)}</p>`;
  const form =
    `<form method="post" action="/"><input name="url" type="text" inputmode="url" autocomplete="off" autocapitalize="off" spellcheck="false" required autofocus aria-label="A long address" aria-describedby="note" placeholder="Paste something long."${wrong} value="${escaped(failed?.url ?? "")}">` +
    `<button>Shorten <span aria-hidden="true">↵</span></button></form>${note}`;
  const lines = "<p>Curt makes long addresses short. Links here lead where their makers say.</p>";
  const foot = '<a href="/dashboard">Sign in</a>';
  return shell({ title: "curt", house, main: heading + (publicCreate ? form : lines), foot });
}

/** The parts of a page. `main` and `foot` are HTML; the others are text. */
export interface Shell {
  readonly title: string;
  readonly house: string;
  readonly main: string;
  readonly foot: string;
  /** Loads itself again. */
  readonly retry?: boolean;
  /** The path of its script. */
  readonly script?: string;
}

export function shell({ title, house, main, foot, retry = false, script }: Shell): string {
  const refresh = retry ? `<meta http-equiv="refresh" content="${retrySeconds}">` : "";
  const module = script === undefined ? "" : `<script type="module" src="/${script}"></script>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<meta name="robots" content="noindex"><title>${escaped(title)}</title>${fontLinks}${module}<style>${style}</style></head><body><header>${escaped(house)}</header><main>${main}</main><footer><span>${foot}</span>${markSvg}</footer></body></html>`;
}

function split(line: string, part: string): [string, string] | [string] {
  const at = line.indexOf(part);
  return at === -1 ? [line] : [line.slice(0, at), line.slice(at + part.length)];
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it, in attributes too. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
