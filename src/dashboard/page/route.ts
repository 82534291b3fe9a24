import { Cell } from "./ui/cell.ts";

const base = "/dashboard";

/** Where the page is: the path below `/dashboard`, and the query. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

function here(): Place {
  const path = location.pathname.slice(base.length).replace(/\/$/, "");
  return { path: path === "" ? "/" : path, query: new URLSearchParams(location.search) };
}

export const place = new Cell<Place>(here());
addEventListener("popstate", () => {
  place.value = here();
});

/** The address of a path below `/dashboard`. */
export function at(path: string): string {
  return path === "/" ? base : base + path;
}

/** The address of a link's own page. */
export function linkAt(slug: string): string {
  return at(`/links/${encodeURIComponent(slug)}`);
}

/** Goes to an address of this page. `replace`: the way back does not lead through here. */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, "", address);
  else {
    history.pushState(null, "", address);
    scrollTo(0, 0);
  }
  place.value = here();
}

/** Follows links of this page without loading it again, as long as nobody asked for a new tab. */
addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const anchor = event.target instanceof Element ? event.target.closest("a") : null;
  if (anchor === null || anchor.target !== "" || anchor.hasAttribute("download")) return;
  const url = new URL(anchor.href, location.href);
  if (url.origin !== location.origin || !(url.pathname === base || url.pathname.startsWith(`${base}/`))) return;
  event.preventDefault();
  go(url.pathname + url.search);
});
