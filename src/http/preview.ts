import type { VisitorLink } from "../core/link.ts";
import { pathOfSlug } from "./address.ts";
import { copyScriptPath } from "./copy-script.ts";
import { escaped, scriptedPageHeaders, shell } from "./pages.ts";
import { readableTarget } from "./readable-target.ts";

/** The page that shows where a link goes, to whoever asks for it and to programs that make previews. `now`: in ms. */
export function previewAnswer(link: VisitorLink, house: string, now: number, request: Request): Response {
  const page = request.method === "HEAD" ? null : previewPage(link, house, now);
  return new Response(page, { headers: scriptedPageHeaders });
}

/** Under 8 KB but for a long target. */
function previewPage(link: VisitorLink, house: string, now: number): string {
  const { host, address, warning } = readableTarget(link.url);
  const path = `/${escaped(pathOfSlug(link.slug))}`;
  const [danger, button] =
    warning === undefined
      ? [
          "",
          `<a class="button main" href="${path}" rel="nofollow noreferrer">Go there <span aria-hidden="true">→</span></a>`,
        ]
      : [
          `<p class="danger" role="note">${escaped(warning)}</p>`,
          `<a class="button" href="${path}" rel="nofollow noreferrer">Go there anyway</a>`,
        ];
  const main =
    `<p class="short"><bdi><span>${escaped(house)}/</span><mark>${escaped(link.slug)}</mark></bdi> <small>goes to</small></p>` +
    `<h1 class="host"><bdi>${escaped(host)}</bdi></h1>` +
    `<p class="long"><bdi>${escaped(address)}</bdi></p>${danger}` +
    `<div class="buttons">${button}<button type="button" hidden data-copy="${escaped(link.url)}">Copy</button></div>` +
    '<p class="still">You are still here. Nothing was opened, nothing was counted.</p>';
  const changed = link.version > 1 ? ` &nbsp; Changed ${dayOf(link.updatedAt, now)}` : "";
  const foot = `Made ${dayOf(link.createdAt, now)}${changed} &nbsp; <a href="${path}+qr" rel="nofollow">QR</a>`;
  return shell({ title: `/${link.slug} goes to ${host}`, house, main, foot, script: copyScriptPath });
}

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function dayOf(ms: number, now: number): string {
  const day = days.format(ms);
  return day === days.format(now) ? "today" : day;
}
