import { join } from "node:path";
import { clickIdOf, dimensions, type Tally } from "../../src/core/click.ts";
import type { LinkRecord } from "../../src/core/link.ts";
import { LocalCommitter } from "../../src/stores/sql/committer.ts";
import { openSqliteStore } from "../../src/stores/sql/store.ts";
import { Chance, visitorOn, visitsOf } from "../counts/traffic.ts";

const [hour, day] = [3_600_000, 86_400_000];
/** Clicks go over so many days up to now. */
const days = 100;

/** Slug, title, target, tags, age in days, clicks of a usual day, and what else there is to it. All of it is invented. */
export const told: readonly [string, string, string, string, number, number, Partial<LinkRecord>?][] = [
  ["status", "Status page", "status.acme.example", "eng", 160, 12],
  ["k2HfY8d", "", "www.openstreetmap.org/directions?engine=fossgis_osrm_bike&route=52.5163,13.3777", "", 131, 1],
  [
    "q3-report",
    "Q3 numbers, final",
    "drive.acme.example/finance/q3/board/numbers-final-v7.pdf",
    "finance board",
    95,
    160,
  ],
  [
    "may-sale",
    "May sale",
    "shop.acme.example/campaigns/may?utm_source=mail&utm_campaign=may",
    "mail",
    81,
    40,
    { validUntil: -52 },
  ],
  ["fy24", "Annual report", "acme.example/investors/reports/annual-report-web.pdf", "finance print", 74, 15],
  ["beta", "Beta, wave two", "forms.acme.example/f/beta-wave-two", "product", 58, 25, { disabled: true }],
  ["t9LcR4v", "", "docs.acme.example/handbook/people/onboarding/week-one#laptops", "people", 41, 14],
  [
    "summit",
    "Summit tickets",
    "tickets.example.org/events/summit/berlin/checkout?ref=newsletter",
    "events",
    33,
    20,
    { maxClicks: 500, usedClicks: 500 },
  ],
  ["gh/sdk", "SDK source", "github.com/acme/sdk-js", "eng docs", 26, 55],
  ["hiring", "Open roles", "acme.example/company/careers?utm_source=badge&utm_medium=print", "people print", 19, 140],
  ["wifi", "Office network", "intranet.acme.example/it/network/guest-access#berlin", "office print", 12, 30],
  [
    "talks/fosdem",
    "Tiny servers, big tables",
    "slides.acme.example/fosdem/tiny-servers-big-tables/",
    "events eng",
    8,
    70,
  ],
  ["B3nW9sZ", "", "calendar.acme.example/u/ana/availability/30min?tz=Europe%2FBerlin", "", 0.12, 60],
  ["launch", "Launch day page", "acme.example/press/launch", "press", 0.05, 0, { validFrom: 9 }],
  ["x7Qp2mK", "", "github.com/acme/curt/pull/1184/files?diff=split&w=1#diff-0b1a9f4c", "eng", 0.003, 900],
];

/** Values of clicks, the most frequent first. */
const seen: Partial<Record<(typeof dimensions)[number], readonly string[]>> = {
  country: ["DE", "US", "GB", "FR", "NL", "AT", "CH", "PL", "IN", "SE", "CA", "ES", "BR", "JP", "AU", "ZA", "IT", "NZ"],
  city: ["Berlin", "New York", "Leeds", "Lyon", "Utrecht", "Vienna", "Zürich", "Kraków", "Pune", "Umeå", "Toronto"],
  browser: ["Chrome", "Safari", "Firefox", "Edge", "Samsung Internet", "Opera"],
  os: ["Windows", "iOS", "Android", "macOS", "Linux"],
  device: ["desktop", "mobile", "tablet"],
  language: ["en", "de", "fr", "nl", "pl", "es"],
  referrer: ["", "mail.google.com", "acme.slack.com", "linkedin.com", "news.ycombinator.com", "t.co", "duckduckgo.com"],
  utm_source: ["", "", "newsletter", "badge", "qr"],
};

const plain = {
  ...{ host: "", note: null, redirectStatus: null, validFrom: null, validUntil: null, maxClicks: null, usedClicks: 0 },
  ...{ disabled: false, forwardQuery: false, deletedAt: null, version: 1, changedBy: "user ana" },
} as const;

/**
 * Fills the store of a server that does not run with the links of a small company and with what was clicked on them in the last 100
 * days; `others`: older links, which nobody follows. The same each time but for the clock.
 */
export async function tellStory(dataDir: string, others: number, now = Date.now()): Promise<void> {
  const path = join(dataDir, "curt.db");
  const committer = LocalCommitter.open(path);
  const store = openSqliteStore({ path, committer });
  const chance = new Chance(7);
  const made = (slug: string, url: string, title: string, tags: string, age: number, rest = {}): LinkRecord => {
    const createdAt = Math.round(now - age * day);
    const times = { createdAt, updatedAt: createdAt };
    const words = { title: title || null, tags: tags.split(" ").filter((tag) => tag !== "") };
    return { ...plain, ...times, ...words, slug, url: `https://${url}`, token: tokenOf(chance), ...rest };
  };
  try {
    const older = Array.from({ length: others }, (_, i) =>
      made(`n${i}`, `docs.acme.example/pages/${i}`, `Page ${i} of the handbook`, "docs", 200 + (others - i)),
    );
    const records = told.map(([slug, title, url, tags, age, , rest = {}]) => {
      const at = (days: number | null | undefined) => (days == null ? {} : now + days * day);
      const [from, until] = [at(rest.validFrom), at(rest.validUntil)];
      const window = {
        ...(typeof from === "number" && { validFrom: Math.round(from) }),
        ...(typeof until === "number" && { validUntil: Math.round(until) }),
      };
      return made(slug, url, title, tags, age, { ...rest, ...window });
    });
    await store.links.insertMany([...older, ...records]);
    const tallies = records.flatMap((record, i) => clicksOf(record, told[i]?.[5] ?? 0, chance, now));
    await store.clicks.add({ writer: "story", number: 0, position: "", tallies, visits: visitsOf(tallies) });
    while (await store.clicks.tend("story", now, 100)) await Bun.sleep(0);
  } finally {
    await store.close();
    await committer.close();
  }
}

/** A busy week, a quiet weekend, one day that everybody talked of, and bots through all of it. */
function clicksOf(record: LinkRecord, usual: number, chance: Chance, now: number): Tally[] {
  const made: Tally[] = [];
  const first = Math.max(record.createdAt, now - days * day);
  const last = Math.min(now, record.validUntil ?? now);
  const loud = Math.floor((first + (last - first) * 0.56) / day);
  for (let at = first; at < last; at += day) {
    const today = Math.floor(at / day);
    const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 0.4 : 1;
    const share = (Math.min(last, at + day) - at) / day;
    const clicks = Math.round(usual * weekend * (today === loud ? 3.2 : 0.85 + chance.next() * 0.3) * share);
    for (let i = 0; i < clicks; i++) {
      const isBot = chance.below(9) === 0;
      const when = Math.floor((at + chance.next() * share * day) / hour);
      const values = dimensions.map((name) => (name === "bot" ? (isBot ? "Slackbot" : "") : one(seen[name], chance)));
      const visitors = isBot ? [] : [visitorOn(today, chance.below(Math.ceil(usual * 1.2)))];
      made.push({ link: clickIdOf(record), tags: record.tags, hour: when, values, clicks: 1, visitors });
    }
  }
  return made;
}

function one(values: readonly string[] = [""], chance: Chance): string {
  return values[Math.floor(values.length * chance.next() ** 2.6)] ?? "";
}

function tokenOf(chance: Chance): string {
  return Array.from({ length: 32 }, () => chance.below(16).toString(16)).join("");
}
