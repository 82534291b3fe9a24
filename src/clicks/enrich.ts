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

/** Characters that are kept of a value. */
const longestValue = 100;
const nobody: readonly number[] = [];

/** What was made of a part of what a visitor sent; alike ones have one number. */
interface Known<T> {
  readonly of: T;
  readonly number: number;
}

/** So much of each part is remembered; together the numbers have 53 bits. */
const most = { agents: 2 ** 14, places: 2 ** 15, sources: 2 ** 14, languages: 2 ** 10 } as const;

/** Makes what is counted out of what a visitor sent. */
export class Enricher {
  readonly #agents = new Remembered(most.agents, agentOf, (one) => Object.values(one).join("\n"));
  readonly #addresses: Remembered<Place>;
  readonly #sources = new Remembered(most.sources, sourceOf, (one) => one.join("\n"));
  readonly #languages = new Remembered(most.languages, languageOf, (one) => one);
  readonly #parts: readonly Pick<Remembered<unknown>, "isFull" | "clear">[];
  /** By the numbers of the four. */
  readonly #values = new Map<number, { readonly values: readonly string[]; readonly number: number }>();
  #lastNumber = 0;
  #salt: Uint8Array | undefined;
  #salted: Bun.CryptoHasher | undefined;

  constructor(places: Places) {
    this.#addresses = new Remembered(
      most.places,
      (one) => places.of(one),
      (one) => Object.values(one).join("\n"),
    );
    this.#parts = [this.#agents, this.#addresses, this.#sources, this.#languages];
  }

  /** `source` as `entry.source` of `format.ts` has it. `salt`: `null` once the day's is destroyed. */
  profile(agent: string, source: string, language: string, address: string, salt: Uint8Array | null): Profile {
    const full = this.#parts.filter(({ isFull }) => isFull);
    for (const one of full) one.clear();
    // Numbers mean something else from now on.
    if (full.length > 0 || this.#values.size >= mostValues) this.#values.clear();
    const by = this.#agents.get(agent);
    const at = this.#addresses.get(address);
    const from = this.#sources.get(source);
    const speaks = this.#languages.get(language);
    const key = ((by.number * most.places + at.number) * most.sources + from.number) * most.languages + speaks.number;
    let found = this.#values.get(key);
    if (found === undefined) {
      found = { values: valuesOf(by.of, at.of, from.of, speaks.of), number: ++this.#lastNumber };
      this.#values.set(key, found);
    }
    // One that was blanked has spaces.
    const isTold = by.of.bot === "" && salt !== null && address.trim() !== "";
    const visitors = isTold ? [this.#visitorOf(salt, address, agent)] : nobody;
    return { values: found.values, valuesNumber: found.number, visitors };
  }

  /** 52 bits of a keyed hash. Without the salt nobody can try addresses. */
  #visitorOf(salt: Uint8Array, address: string, agent: string): number {
    if (this.#salted === undefined || salt !== this.#salt) {
      this.#salted = new Bun.CryptoHasher("sha256", salt);
      this.#salt = salt;
    }
    const hash = this.#salted.copy().update(`${address}\n${agent}`).digest();
    return hash.readUIntBE(0, 6) * 16 + ((hash[6] ?? 0) >> 4);
  }
}

const mostValues = 100_000;

/** What is made of a text is made once, and numbered by what came out, from 0 on. */
class Remembered<T> {
  readonly #most: number;
  readonly #make: (text: string) => T;
  readonly #nameOf: (made: T) => string;
  readonly #known = new Map<string, Known<T>>();
  readonly #byName = new Map<string, Known<T>>();

  constructor(most: number, make: (text: string) => T, nameOf: (made: T) => string) {
    this.#most = most;
    this.#make = make;
    this.#nameOf = nameOf;
  }

  get isFull(): boolean {
    return this.#known.size >= this.#most;
  }

  get(text: string): Known<T> {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.#make(text);
    const name = this.#nameOf(made);
    const alike = this.#byName.get(name) ?? { of: made, number: this.#byName.size };
    this.#byName.set(name, alike);
    this.#known.set(text, alike);
    return alike;
  }

  clear(): void {
    this.#known.clear();
    this.#byName.clear();
  }
}

/** In the order of `dimensions`. */
function valuesOf(by: Agent, at: Place, [referrer = "", ...campaign]: readonly string[], language: string): string[] {
  const { browser, os, device, bot } = by;
  const parts = [referrer, at.country, at.region, at.city, browser, os, device, language, bot, ...campaign];
  return parts.map((part) => (part.length > longestValue ? part.slice(0, longestValue) : part));
}

/** Nothing known: whoever asks not to be watched. */
export const unseen: Profile = { values: dimensions.map(() => ""), valuesNumber: 0, visitors: [] };

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
