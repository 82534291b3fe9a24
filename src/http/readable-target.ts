import { domainToUnicode } from "node:url";

/** A target as a person reads it. */
export interface ReadableTarget {
  /** The host, decoded, with its port. */
  readonly host: string;
  /** The whole address; the host as it is really asked for, letters of the rest decoded. */
  readonly address: string;
  /** Why the host may be taken for another one. */
  readonly warning: string | undefined;
}

/** Alphabets that are written beside Latin letters in one word. */
const companions = /^(?:Han|Hiragana|Katakana|Hangul|Bopomofo)$/;
const scripts = [
  ...["Latin", "Cyrillic", "Greek", "Armenian", "Hebrew", "Arabic", "Devanagari", "Thai", "Georgian", "Cherokee"],
  ...["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"],
].map((name) => [name, new RegExp(`\\p{Script=${name}}`, "u")] as const);
/** Letters of other alphabets that look like Latin ones; a word of them alone looks like another word. */
const lookalikes = /^[асԁеһіјӏорԛѕԝхуԍԌѵҽԐАВСЕНІЈКМОРЅТХУοανρτυικ\d.-]+$/u;

export function readableTarget(url: string): ReadableTarget {
  const { hostname, port, href } = new URL(url);
  const decoded = domainToUnicode(hostname) || hostname;
  return {
    host: port === "" ? decoded : `${decoded}:${port}`,
    address: lettersDecoded(href),
    warning: decoded === hostname ? undefined : warningOf(decoded),
  };
}

function warningOf(host: string): string | undefined {
  const labels = host.split(".");
  if (labels.some((label) => isMixed(label))) return "Letters from two alphabets. It may not be who it looks like.";
  if (labels.slice(0, -1).some((label) => /[^\p{ASCII}]/u.test(label) && lookalikes.test(label)))
    return "Not Latin letters, though they look like it. It may not be who it looks like.";
  return undefined;
}

function isMixed(label: string): boolean {
  const found = scripts.filter(([, form]) => form.test(label)).map(([name]) => name);
  const other = found.filter((name) => !companions.test(name));
  return other.length > 1 || (found.length > 1 && other.length === 1 && other[0] !== "Latin");
}

/** Escapes that spell letters, as the letters; everything that could steer a reader stays escaped. */
function lettersDecoded(href: string): string {
  const start = href.indexOf("/", 8);
  if (start === -1) return href;
  const rest = href.slice(start).replace(/(?:%[89A-Fa-f][0-9A-Fa-f])+/g, (escapes) => {
    try {
      const text = decodeURIComponent(escapes);
      return /^[\p{L}\p{M}\p{N}]+$/u.test(text) ? text : escapes;
    } catch {
      return escapes;
    }
  });
  return href.slice(0, start) + rest;
}
