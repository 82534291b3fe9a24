/** The parts of a request's address that visitors' answers depend on. */
export interface Address {
  /** Without the leading slash, as it was sent (percent-escaped). */
  readonly path: string;
  /** What came after "?", undecoded; empty without one. */
  readonly query: string;
}

/** Cuts `http://host/path?query#fragment`, with `start` the place of the path's slash. */
export function cut(url: string, start: number): Address {
  const hash = url.indexOf("#", start);
  const end = hash === -1 ? url.length : hash;
  const mark = url.indexOf("?", start);
  if (mark === -1 || mark > end) return { path: url.slice(start + 1, end), query: "" };
  return { path: url.slice(start + 1, mark), query: url.slice(mark + 1, end) };
}

/** The slug that a path spells, in NFC, or `undefined` if its escapes are not valid UTF-8. */
export function slugOfPath(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path).normalize("NFC");
  } catch {
    return undefined;
  }
}

/** A slug as it stands in an address: every segment escaped. */
export function pathOfSlug(slug: string): string {
  return slug.split("/").map(encodeURIComponent).join("/");
}

const hostForm = /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/;

/** Whether a `Host` header is one host with or without a port. Two headers arrive joined by a comma. */
export function isOneHost(host: string): boolean {
  return host.length <= 260 && hostForm.test(host);
}
