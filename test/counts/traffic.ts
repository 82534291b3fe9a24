import { dimensions, type Tally, type Visit } from "../../src/core/click.ts";

const hourMs = 3_600_000;

/** Numbers by chance, the same for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, exclusive. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(most: number): number {
    return Math.floor(this.next() * most);
  }

  /** Below `most`, small ones far more often: as sites, cities and campaigns are. */
  skewed(most: number): number {
    return Math.floor(most ** this.next()) - 1;
  }
}

/** How many different values a dimension has in real-looking traffic, and how many in a hundred clicks have one. */
const shapes: Readonly<Record<(typeof dimensions)[number], readonly [number, number]>> = {
  referrer: [5000, 70],
  country: [200, 99],
  region: [2000, 95],
  city: [20_000, 90],
  browser: [15, 99],
  os: [10, 99],
  device: [4, 99],
  language: [60, 95],
  bot: [40, 8],
  utm_source: [40, 15],
  utm_medium: [8, 15],
  utm_campaign: [300, 12],
};

/** Values of clicks that look like real ones: so many different kinds of a click. */
export function kindsOfClicks(chance: Chance, count: number): string[][] {
  return Array.from({ length: count }, () =>
    dimensions.map((dimension) => {
      const [most, often] = shapes[dimension];
      return chance.below(100) < often ? `${dimension} ${chance.skewed(most)}` : "";
    }),
  );
}

export function linkName(number: number): string {
  return BigInt.asUintN(64, (BigInt(number) + 1n) * 0x9e3779b97f4a7c15n)
    .toString(16)
    .padStart(16, "0");
}

/** 52 bits of hash of a visitor on a day. */
export function visitorOn(day: number, visitor: number): number {
  const mixed = BigInt.asUintN(64, (BigInt(day) * 0x100000001b3n) ^ (BigInt(visitor) * 0x9e3779b97f4a7c15n));
  return Number(BigInt.asUintN(64, (mixed ^ (mixed >> 29n)) * 0xbf58476d1ce4e5b9n) >> 12n);
}

export interface Traffic {
  readonly chance: Chance;
  readonly kinds: readonly string[][];
  readonly links: number;
  readonly tags: number;
  /** How many different visitors a day has. */
  readonly visitors: number;
}

/** Clicks from hour `from` on, over `hours` hours. */
export function someClicks(traffic: Traffic, count: number, from: number, hours: number): Tally[] {
  const { chance, kinds, links, tags, visitors } = traffic;
  const bot = dimensions.indexOf("bot");
  return Array.from({ length: count }, () => {
    const link = chance.below(links);
    const hour = from + chance.below(hours);
    const values = kinds[chance.below(kinds.length)] ?? [];
    const isBot = values[bot] !== "";
    const visitor = isBot ? [] : [visitorOn(Math.floor(hour / 24), chance.below(visitors))];
    return {
      link: linkName(link),
      tags: tags > 0 ? [`tag ${link % tags}`] : [],
      hour,
      values,
      clicks: 1,
      visitors: visitor,
    };
  });
}

/** The visits of clicks: of each link at most the latest 1,000, as whoever folds clicks hands them on. */
export function visitsOf(tallies: readonly Tally[]): Visit[] {
  const seen = new Map<string, number>();
  return tallies.flatMap(({ link, hour, values }, index) => {
    if (link === null) return [];
    const count = (seen.get(link) ?? 0) + 1;
    seen.set(link, count);
    return count > 1000 ? [] : [{ link, time: hour * hourMs + (index % hourMs), values }];
  });
}
