import type { VisitorLink } from "../core/link.ts";
import { pathOfSlug } from "./address.ts";
import { escaped, shell } from "./pages.ts";
import { readableTarget } from "./readable-target.ts";

/** The page that shows where a link goes, without going. Under 8 KB but for a long target. `now`: in ms. */
export function previewPage(link: VisitorLink, house: string, now: number): string {
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
    `<div class="buttons">${button}<a class="button" href="${path}+qr" rel="nofollow">QR</a></div>` +
    '<p class="still">You are still here. Nothing was opened, nothing was counted.</p>';
  const changed = link.version > 1 ? ` &nbsp; Changed ${dayOf(link.updatedAt, now)}` : "";
  const foot = `Made ${dayOf(link.createdAt, now)}${changed}`;
  return shell({ title: `/${link.slug} goes to ${host}`, house, main, foot });
}

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function dayOf(ms: number, now: number): string {
  const day = days.format(ms);
  return day === days.format(now) ? "today" : day;
}
