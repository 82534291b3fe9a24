/** Slugs and everything below them that Curt answers itself. */
export const reservedSlugs = [
  "api",
  "dashboard",
  "healthz",
  "readyz",
  "metrics",
  "generateUrl",
  "redirect",
  "shorten_url",
  "rest",
  "v4",
  "yourls-api.php",
  "favicon.ico",
  "robots.txt",
  ".well-known",
] as const;

const reserved: ReadonlySet<string> = new Set(reservedSlugs);

/** The longest slug, in characters (code points). */
export const slugLimit = 128;

/** Whether the first segment of the path `slug` is one that Curt answers itself. */
export function isReserved(slug: string): boolean {
  const end = slug.indexOf("/");
  return reserved.has(end === -1 ? slug : slug.slice(0, end));
}

/** What is wrong with a slug that is already in NFC, or `undefined`. Whether it is reserved is another question. */
export function slugProblem(slug: string): string | undefined {
  if (slug === "") return "Empty. Leave it out to get one made.";
  const length = [...slug].length;
  if (length > slugLimit) return `Too long: ${length} characters, at most ${slugLimit}.`;
  const bad = slug.match(/[^\p{L}\p{M}\p{N}\-_./]/u);
  if (bad) return `Has ${JSON.stringify(bad[0])}. Letters, digits, "-", "_", "." and "/" inside are accepted.`;
  for (const segment of slug.split("/")) {
    if (segment === "") return 'Has an empty part: no "/" at the start, at the end, or twice in a row.';
    if (segment === "." || segment === "..") return `Has the part "${segment}", which browsers remove from a path.`;
  }
  return undefined;
}
