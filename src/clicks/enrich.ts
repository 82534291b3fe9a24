import { dimensions } from "../core/click.ts";
import { type Agent, agentOf } from "./agents.ts";
import type { Place, Places } from "./places.ts";

/** What is counted of a visitor. Alike visitors share `values`. */
export interface Profile {
  /** One for each of `dimensions`. */
  readonly values: readonly string[];
  /** Another number for other values, never used again. */
  readonly valuesNumber: number;
  /** One, of 52 bits; none: is not told apart. */
  readonly visitors: readonly number[];
}

/** How much is remembered of each kind, and characters that are kept of a value. */
const mostRemembered = 20_000;
const longestValue = 100;
const nobody: readonly number[] = [];

/** Makes what is counted out of what a visitor sent. */
export class Enricher {
  readonly #places: Places;
  readonly #agents = new Map<string, Agent>();
  readonly #addresses = new Map<string, Place>();
  readonly #sources = new Map<string, readonly string[]>();
  readonly #values = new Map<string, { readonly values: readonly string[]; readonly number: number }>();
  #lastNumber = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** `source` as `entry.source` of `format.ts` has it. `salt`: `null` once the day's is destroyed. */
  profile(agent: string, source: string, language: string, address: string, salt: Uint8Array | null): Profile {
    const { browser, os, device, bot } = remembered(this.#agents, agent, agentOf);
    const { country, region, city } = remembered(this.#addresses, address, (one) => this.#places.of(one));
    const [referrer = "", ...campaign] = remembered(this.#sources, source, sourceOf);
    const parts = [referrer, country, region, city, browser, os, device, languageOf(language), bot, ...campaign];
    const { values, number } = remembered(this.#values, parts.join("\n"), () => ({
      values: parts.map((part) => part.slice(0, longestValue)),
      number: ++this.#lastNumber,
    }));
    // One that was blanked has spaces.
    const isTold = bot === "" && salt !== null && address.trim() !== "";
    return { values, valuesNumber: number, visitors: isTold ? [visitorOf(salt, address, agent)] : nobody };
  }
}

/** Nothing known: whoever asks not to be watched. */
export const unseen: Profile = { values: dimensions.map(() => ""), valuesNumber: 0, visitors: [] };

function remembered<T>(memory: Map<string, T>, key: string, make: (key: string) => T): T {
  let value = memory.get(key);
  if (value !== undefined) return value;
  value = make(key);
  if (memory.size >= mostRemembered) memory.clear();
  memory.set(key, value);
  return value;
}

/** 52 bits of a keyed hash. Without the salt nobody can try addresses. */
function visitorOf(salt: Uint8Array, address: string, agent: string): number {
  const hash = new Bun.CryptoHasher("sha256", salt).update(`${address}\n${agent}`).digest();
  return hash.readUIntBE(0, 6) * 16 + ((hash[6] ?? 0) >> 4);
}

function languageOf(tag: string): string {
  return /^([A-Za-z]{2,3})(?:[-_]|$)/.exec(tag.trim())?.[1]?.toLowerCase() ?? "";
}

/** The referrer's host, and the three parts of a campaign. */
function sourceOf(source: string): readonly string[] {
  const end = source.indexOf("\n");
  const origin = end === -1 ? source : source.slice(0, end);
  const query = new URLSearchParams(end === -1 ? "" : source.slice(end + 1));
  const campaign = ["utm_source", "utm_medium", "utm_campaign"].map((name) => (query.get(name) ?? "").trim());
  return [hostOf(origin), ...campaign];
}

function hostOf(origin: string): string {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/:@?#\s]+)/i.exec(origin)?.[1] ?? "";
  return host
    .toLowerCase()
    .replace(/^www\./, "")
    .replace(/\.$/, "");
}
