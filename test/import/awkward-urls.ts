/** A generator of numbers from 0 to 1 that gives the same ones for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const hosts = [
  "example.com",
  "EXAMPLE.com",
  "example.com:443",
  "example.com.",
  "münchen.example",
  "xn--mnchen-3ya.example",
  "例え.テスト",
  "192.0.2.1",
  "0xc0.0x2.1",
  "[2001:DB8::1]",
  "a_b.example",
  "localhost:1",
];
const parts = [
  "a",
  "%20",
  "%e4%ff",
  "%",
  " ",
  "ä",
  "日本",
  "😀",
  "..",
  ".",
  "a'b",
  'a"b',
  "a,b",
  "a;b",
  "a|b",
  "a\\b",
  "=1+1",
  "@x",
  "-",
  "'",
  "''",
  "<script>",
  "{}",
  "^",
  "`",
  "a+b",
  "%2F",
  "%0d%0a",
  "\ta",
  "a\nb",
  "&amp;",
  "*",
  "~",
  "!",
];
const bad = [
  "javascript:alert(1)",
  "ftp://example.com/",
  "https://user:pass@example.com/",
  "//example.com/",
  "example.com/x",
  "https://",
  "https://exa mple.com/",
  "data:text/html,x",
];

/** Distinct URLs of all the kinds that make trouble; some are no targets at all. The same for the same seed. */
export function awkwardUrls(count: number, seed: number): string[] {
  const random = seeded(seed);
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
  const some = (most: number) => Array.from({ length: Math.floor(random() * most) }, () => pick(parts));
  const urls = new Set<string>();
  while (urls.size < count) {
    if (random() < 0.02) {
      urls.add(`${pick(bad)}${urls.size}`);
      continue;
    }
    const scheme = pick(["http://", "https://", "HTTPS://", "https:\\\\", " https://"]);
    const query = random() < 0.5 ? `?${some(4).join("&")}=${urls.size}` : "";
    const fragment = random() < 0.3 ? `#${some(3).join("/")}` : "";
    urls.add(`${scheme}${pick(hosts)}/${some(5).join("/")}/${urls.size}${query}${fragment}`);
  }
  return [...urls];
}
