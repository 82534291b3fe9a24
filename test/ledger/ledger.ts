/** What a slug may be. */
interface Allowed {
  /** `null`: no link, never made or deleted. */
  readonly url: string | null;
  /** The version that was acknowledged or seen; where `exact` is false, the last one known before: it must be higher. */
  readonly version: number;
  readonly exact: boolean;
}

interface Entry {
  /** One state, or two while the outcome of a change is unknown: before and after. */
  states: readonly [Allowed] | readonly [Allowed, Allowed];
  /** Targets that were acknowledged once and are no longer. */
  readonly past: Set<string>;
}

/** A change that is about to be asked for. Each must have a target of its own, so that a target tells its change. */
export type Change =
  /** `slug: null`: the server makes one. */
  | { readonly kind: "create"; readonly slug: string | null; readonly url: string }
  | { readonly kind: "edit"; readonly slug: string; readonly url: string }
  | { readonly kind: "delete"; readonly slug: string };

/** What was found when a slug was asked for. `version` where it was told. */
export type Seen =
  | { readonly url: string | null; readonly version?: number | undefined }
  | { readonly problem: string };

/** How a slug is asked for: as a visitor does, or as a program does, who is told the version too. */
export type FetchLink = (slug: string, as: "visitor" | "program") => Promise<Seen>;

export interface Verdict {
  /** Slugs checked. */
  checked: number;
  /** An acknowledged change is not there. */
  lost: number;
  /** Something is there that was never acknowledged nor unknown, or no answer. */
  wrong: number;
  /** A link that was deleted, and acknowledged so, serves. */
  resurrected: number;
  /** The first line of each kind. */
  readonly examples: Partial<Record<Fault, string>>;
}

export type Fault = "lost" | "wrong" | "resurrected";

const nothing: Allowed = { url: null, version: 0, exact: false };

/**
 * What a server acknowledged, kept outside of it, and the judge of what is there later. One change at a time for each
 * slug, so that expectations are exact.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #touched = new Set<string>();
  readonly #found: Verdict = { checked: 0, lost: 0, wrong: 0, resurrected: 0, examples: {} };
  /** Changes acknowledged, refused, and unknown because no answer came. */
  readonly counts = { acknowledged: 0, refused: 0, unknown: 0 };

  /** How many slugs were ever owned. */
  get size(): number {
    return this.#entries.size;
  }

  /** The target and version of a slug, `undefined` while its last change is unknown. */
  current(slug: string): { readonly url: string | null; readonly version: number } | undefined {
    const { states } = this.#entries.get(slug) ?? { states: [nothing] };
    return states.length === 1 ? states[0] : undefined;
  }

  /** The server said that the change is done. `version` is what it told, where it told one. */
  acknowledge(change: Change, slug: string, version?: number): void {
    this.counts.acknowledged++;
    const entry = this.#entry(slug);
    const before = entry.states[0];
    if (change.kind === "create" && before.url !== null)
      this.#fault("wrong", `${slug} was given to ${change.url}, but it is the slug of ${before.url}`);
    if (change.kind === "edit" && before.url === null)
      this.#fault("wrong", `${slug} was edited to ${change.url}, but there is no such link`);
    if (version !== undefined && version <= before.version)
      this.#fault("wrong", `${change.kind} of ${slug} gave version ${version}, after version ${before.version}`);
    if (before.url !== null) entry.past.add(before.url);
    entry.states = [after(change, before, version)];
  }

  /** The server said no. `expected`: whether that is right for this slug now; nothing may have changed. */
  refuse(change: Change, expected: boolean, answer: string): void {
    this.counts.refused++;
    if (change.slug !== null) this.#touched.add(change.slug);
    if (!expected) this.#fault("wrong", `${change.kind} of ${change.slug} was refused with ${answer}`);
  }

  /** No answer came: the change is done or not. A made slug that was never told can't be asked for. */
  lose(change: Change): void {
    this.counts.unknown++;
    if (change.slug === null) return;
    const entry = this.#entry(change.slug);
    entry.states = [entry.states[0], after(change, entry.states[0], undefined)];
  }

  /**
   * Compares what is there now with what may be: every slug that was changed since the last judgement and at most
   * `others` more. What was unknown is settled to what is seen, and what is at fault is taken as it is, so that a fault
   * counts once. The verdict holds faults found meanwhile, too.
   */
  async judge(fetchLink: FetchLink, others: number, random: () => number): Promise<Verdict> {
    const waiting: [string, Entry][] = [];
    const quiet: [string, Entry][] = [];
    for (const [slug, entry] of this.#entries)
      (this.#touched.has(slug) || entry.states.length === 2 ? waiting : quiet).push([slug, entry]);
    while (quiet.length > others) {
      // The last takes the place of one that is left out.
      const last = quiet.pop();
      const place = Math.floor(random() * (quiet.length + 1));
      if (last !== undefined && place < quiet.length) quiet[place] = last;
    }
    waiting.push(...quiet);
    const judgeSome = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await this.#judge(...next, fetchLink, random() < 0.05);
      }
    };
    await Promise.all(Array.from({ length: 64 }, judgeSome));
    this.#touched.clear();
    const verdict = { ...this.#found, examples: { ...this.#found.examples } };
    Object.assign(this.#found, { checked: 0, lost: 0, wrong: 0, resurrected: 0, examples: {} });
    return verdict;
  }

  async #judge(slug: string, entry: Entry, fetchLink: FetchLink, alsoAsProgram: boolean): Promise<void> {
    this.#found.checked++;
    const unknown = entry.states.length === 2;
    this.#compare(slug, entry, await fetchLink(slug, "visitor"));
    if (unknown || alsoAsProgram) this.#compare(slug, entry, await fetchLink(slug, "program"));
  }

  #compare(slug: string, entry: Entry, seen: Seen): void {
    if ("problem" in seen) {
      this.#fault("wrong", `${slug}: ${seen.problem}`);
      return;
    }
    const { url, version } = seen;
    const fits = entry.states.find((state) => state.url === url && versionFits(state, version));
    if (fits === undefined) {
      const may = entry.states.map((state) => `${state.url} (version ${state.version})`).join(" or ");
      this.#fault(faultOf(entry, seen.url), `${slug} must be ${may}, but is ${url} (version ${version ?? "not told"})`);
    }
    const [before] = entry.states;
    if (before.url !== null && before.url !== url) entry.past.add(before.url);
    if (fits !== undefined && version === undefined) entry.states = [fits];
    else entry.states = [{ url, version: version ?? before.version, exact: version !== undefined }];
  }

  /** A fault that somebody else found, such as a change that did not show at once. */
  report(fault: Fault, line: string): void {
    this.#fault(fault, line);
  }

  #fault(fault: Fault, line: string): void {
    this.#found[fault]++;
    this.#found.examples[fault] ??= line;
  }

  #entry(slug: string): Entry {
    this.#touched.add(slug);
    const known = this.#entries.get(slug);
    if (known !== undefined) return known;
    const entry: Entry = { states: [nothing], past: new Set() };
    this.#entries.set(slug, entry);
    return entry;
  }
}

function after(change: Change, before: Allowed, version: number | undefined): Allowed {
  const url = change.kind === "delete" ? null : change.url;
  return { url, version: version ?? before.version, exact: version !== undefined };
}

function versionFits(state: Allowed, version: number | undefined): boolean {
  if (state.url === null || version === undefined) return true;
  return state.exact ? version === state.version : version > state.version;
}

function faultOf(entry: Entry, url: string | null): Fault {
  if (url === null) return "lost";
  if (!entry.past.has(url)) return "wrong";
  return entry.states[0].url === null ? "resurrected" : "lost";
}
