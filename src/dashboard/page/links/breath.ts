/** What was typed in one breath: an address, and perhaps a slug, tags and how long it is to last. */
export interface Breath {
  readonly url: string;
  readonly slug: string | undefined;
  readonly tags: readonly string[];
  /** In ms. */
  readonly lasts: number | undefined;
}

const day = 86_400_000;
const units: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: day,
  w: 7 * day,
  mo: 30 * day,
  y: 365 * day,
};

/** "30d", "12h", "2w" in ms; `undefined` for anything else. */
export function lasting(word: string): number | undefined {
  const found = /^(\d{1,4})(min|h|d|w|mo|y)$/.exec(word);
  const unit = units[found?.[2] ?? ""];
  return unit === undefined || Number(found?.[1]) === 0 ? undefined : Number(found?.[1]) * unit;
}

/** A web address, with the scheme that people leave out; `undefined` if it is none. */
export function addressOf(word: string): string | undefined {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(word)
    ? word
    : /^[^\s/?#@:]+\.[^\s/?#@:]{2,}/.test(word)
      ? `https://${word}`
      : "";
  if (!URL.canParse(whole)) return undefined;
  const { protocol, hostname } = new URL(whole);
  return (protocol === "https:" || protocol === "http:") && hostname !== "" ? whole : undefined;
}

/** Reads `URL slug #tag 30d`, in any order after the address. `undefined`: the first word is no web address. */
export function breathe(text: string): Breath | undefined {
  const [first = "", ...rest] = text.trim().split(/\s+/);
  const url = addressOf(first);
  if (url === undefined) return undefined;
  let slug: string | undefined;
  let lasts: number | undefined;
  const tags: string[] = [];
  for (const word of rest) {
    if (word.startsWith("#")) {
      if (word.length > 1 && !tags.includes(word.slice(1))) tags.push(word.slice(1));
    } else if (lasting(word) !== undefined) lasts = lasting(word);
    else slug = word.replace(/^\/+/, "");
  }
  return { url, slug: slug === "" ? undefined : slug, tags, lasts };
}
