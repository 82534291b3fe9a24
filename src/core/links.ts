import type { Cache } from "./cache.ts";
import type { CreateResult, Draft, Imported } from "./create.ts";
import { CurtError, type InputIssue, invalidInput } from "./errors.ts";
import type { History } from "./history.ts";
import { type LinkRecord, stateOf } from "./link.ts";
import type { LinkInput, LinkPatch } from "./link-input.ts";
import { attempted, changedSince, checkWindow, exhausted, missing } from "./link-problems.ts";
import { isReserved, slugProblem } from "./slug.ts";
import type { SlugMaker } from "./slugs.ts";
import type { Change, InsertOutcome, LinkStore, ListPage, ListQuery } from "./store.ts";
import { checkTarget, type OwnAddress } from "./target.ts";

export type { LinkInput, LinkPatch } from "./link-input.ts";

export interface LinksOptions {
  readonly store: LinkStore;
  readonly cache: Cache | undefined;
  readonly history: History;
  /** Tells every process of this machine that links changed, and returns when none serves what was before. */
  readonly announce: (changes: readonly Change[]) => Promise<void>;
  readonly slugs: SlugMaker;
  /** How many clicks of a link's limit are used. See `Limiter`. */
  readonly used: (link: LinkRecord) => Promise<number>;
  /** Called with a link that was deleted; nobody waits for it. */
  readonly deleted: (link: LinkRecord) => Promise<void>;
  readonly own: OwnAddress;
  /** In ms. */
  readonly now: () => number;
  /** A fresh creation token. */
  readonly token: () => string;
}

const host = "";
/** How often a change is tried again when others change the same link; how long the shared cache keeps a link, in ms. */
const [mostConflicts, cacheFor] = [50, 3_600_000];

/** Creating, reading, editing, deleting and listing links, on any store. */
export class Links {
  readonly #options: LinksOptions;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** Makes a link. `existing`: the strategy says that this target has its link already. Throws `CurtError`. */
  async create(input: LinkInput & Imported, maker?: SlugMaker): Promise<Exclude<CreateResult, { outcome: "failed" }>> {
    const [result] = await this.createMany([input], maker);
    if (result === undefined) throw new CurtError("internal", "A create had no result.");
    if (result.outcome === "failed") throw result.error;
    return result;
  }

  /** Makes many links (at most 1,000), each decided by itself; results in the order of the inputs. */
  async createMany(inputs: readonly (LinkInput & Imported)[], maker = this.#options.slugs): Promise<CreateResult[]> {
    const results = new Array<CreateResult | undefined>(inputs.length);
    let pending: { at: number; draft: Draft }[] = [];
    for (const [at, input] of inputs.entries()) {
      const draft = attempted(() => this.draft(input));
      if (draft instanceof CurtError) results[at] = { outcome: "failed", error: draft };
      else pending.push({ at, draft });
    }
    for (let attempt = 0; pending.length > 0; attempt++) {
      const tries: { at: number; draft: Draft; record: LinkRecord }[] = [];
      for (const { at, draft } of pending) {
        const slug = draft.slug ?? (await maker.propose(draft.record.url, attempt));
        if (slug === undefined) results[at] = { outcome: "failed", error: exhausted() };
        else tries.push({ at, draft, record: { ...draft.record, slug } });
      }
      const outcomes = await this.#insert(tries.map((one) => one.record));
      pending = [];
      for (const [i, { at, draft, record }] of tries.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) throw new CurtError("internal", "An insert had no outcome.");
        const settled = await this.settle(record, outcome, draft.slug !== undefined, maker);
        if (settled === "try another") pending.push({ at, draft });
        else results[at] = settled;
      }
    }
    const made = results.flatMap((one) => (one?.outcome === "created" ? [one.link] : []));
    await this.published(made);
    return results.map((one) => one ?? { outcome: "failed", error: new CurtError("internal", "No result.") });
  }

  /** Checks an input and makes all of a link but its slug. Throws `CurtError`. */
  draft(input: LinkInput & Imported): Draft {
    const issues: InputIssue[] = [];
    const url = this.#target(input.url, issues);
    const slug = input.slug?.normalize("NFC");
    const slugIssue = slug === undefined ? undefined : slugProblem(slug);
    if (slugIssue !== undefined) issues.push({ path: "slug", message: slugIssue });
    const now = this.#options.now();
    const record = {
      host,
      url,
      title: input.title ?? null,
      tags: input.tags ?? [],
      note: input.note ?? null,
      redirectStatus: input.redirectStatus ?? null,
      validFrom: input.validFrom ?? null,
      validUntil: input.validUntil ?? null,
      maxClicks: input.maxClicks ?? null,
      usedClicks: 0,
      disabled: input.disabled ?? false,
      forwardQuery: input.forwardQuery ?? false,
      createdAt: input.createdAt ?? now,
      updatedAt: now,
      deletedAt: null,
      version: 1,
      changedBy: input.by ?? null,
      token: input.token ?? this.#options.token(),
    };
    checkWindow(record, issues);
    if (issues.length > 0) throw invalidInput(issues);
    if (slug !== undefined && isReserved(slug))
      throw new CurtError("slug_reserved", `/${slug} is kept for Curt itself.`, [
        { path: "slug", message: "Reserved." },
      ]);
    return { record, slug };
  }

  /** The slug to try for a draft; `attempt` counts from 0. Throws `CurtError` `slugs_exhausted`. */
  async proposal(draft: Draft, attempt: number): Promise<string> {
    const slug = draft.slug ?? (await this.#options.slugs.propose(draft.record.url, attempt));
    if (slug === undefined) throw exhausted();
    return slug;
  }

  /**
   * Makes the link of a draft under this slug, or finds the one that its token made before: repeating is harmless.
   * A link that its token made and somebody deleted since stays deleted (`link_deleted`).
   */
  async place(draft: Draft, slug: string): Promise<CreateResult | "try another"> {
    const record = { ...draft.record, slug };
    const [outcome] = await this.#insert([record]);
    if (outcome === undefined) throw new CurtError("internal", "An insert had no outcome.");
    const there = outcome.outcome === "inserted" ? outcome.record : outcome.by;
    if (there.token === record.token && there.deletedAt !== null)
      return { outcome: "failed", error: new CurtError("link_deleted", `/${slug} was made, and deleted since.`) };
    const settled = await this.settle(record, outcome, draft.slug !== undefined);
    if (settled !== "try another" && settled.outcome === "created") await this.published([settled.link]);
    return settled;
  }

  /** Reads what an insert's outcome means for whoever asked for the link. */
  async settle(
    record: LinkRecord,
    outcome: InsertOutcome,
    custom: boolean,
    maker = this.#options.slugs,
  ): Promise<CreateResult | "try another"> {
    if (outcome.outcome === "inserted") {
      if (outcome.record.deletedAt === null) return { outcome: "created", link: outcome.record };
      const message = `/${record.slug} was made, and deleted since.`;
      return { outcome: "failed", error: new CurtError("link_deleted", message) };
    }
    let by = outcome.by;
    if (!custom) {
      if (!maker.byTarget || by.url !== record.url) return "try another";
      if (by.deletedAt === null) return { outcome: "existing", link: by };
      const message = `/${by.slug} was deleted, and this address would get it again. Name a slug to make another link.`;
      return { outcome: "failed", error: new CurtError("link_deleted", message) };
    }
    for (let round = 0; by.deletedAt !== null && round < mostConflicts; round++) {
      await this.#options.history.keep(by);
      const revived = await this.#options.store.replace({ ...record, version: by.version + 1 });
      if (revived.outcome === "replaced") return { outcome: "created", link: revived.record };
      if (revived.current === undefined) break;
      by = revived.current;
    }
    if (by.token === record.token && by.deletedAt === null) return { outcome: "created", link: by };
    const error = new CurtError("slug_taken", `/${record.slug} is taken.`, [{ path: "slug", message: "Taken." }]);
    return { outcome: "failed", error };
  }

  /** The link, or `CurtError` `not_found`. */
  async get(slug: string): Promise<LinkRecord> {
    const found = await this.#options.store.find({ host, slug: slug.normalize("NFC") });
    if (found === undefined || found.deletedAt !== null) throw missing(slug);
    return found;
  }

  /** Whether no link has this slug now. */
  async isFree(slug: string): Promise<boolean> {
    const found = await this.#options.store.find({ host, slug });
    return found === undefined || found.deletedAt !== null;
  }

  /** An active link with this target and every other field as the input has it, for `reuse`. */
  async findSame(input: LinkInput): Promise<LinkRecord | undefined> {
    const { record, slug } = this.draft(input);
    const given = Object.keys(input).filter((name) => name in record && name !== "url") as (keyof typeof record)[];
    const candidates = await this.#options.store.findByTarget(host, record.url, 100);
    return candidates.find(
      (link) =>
        stateOf(link, this.#options.now()) === "active" &&
        (slug === undefined || slug === link.slug) &&
        given.every((name) => JSON.stringify(link[name]) === JSON.stringify(record[name])),
    );
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#options.store.list(query);
  }

  /** Changes what the patch names. `ifVersion`: only if the link is at this version. Throws `CurtError`. */
  async edit(slug: string, patch: LinkPatch, ifVersion?: number, by: string | null = null): Promise<LinkRecord> {
    return this.#change(slug, ifVersion, by, async (current, now) => {
      const issues: InputIssue[] = [];
      const given = Object.fromEntries(Object.entries(patch).filter((entry) => entry[1] !== undefined));
      const url = patch.url === undefined ? current.url : this.#target(patch.url, issues);
      const next: LinkRecord = { ...current, ...given, url, updatedAt: now, version: current.version + 1 };
      checkWindow(next, issues);
      if (issues.length > 0) throw invalidInput(issues);
      // So that the state is right at once: the new limit may be used up, or the old one that was is not any more.
      if (typeof patch.maxClicks !== "number") return next;
      return { ...next, usedClicks: Math.max(current.usedClicks, await this.#options.used(current)) };
    });
  }

  /** Deletes; a mark stays, so that the version rises when the slug is used again. Throws `CurtError`. */
  async remove(slug: string, ifVersion?: number, by: string | null = null): Promise<void> {
    const mark = await this.#change(slug, ifVersion, by, (current, now) => {
      return { ...current, updatedAt: now, deletedAt: now, version: current.version + 1 };
    });
    // What is left behind where this fails does no harm.
    void this.#options.deleted(mark).catch(() => undefined);
  }

  /** Makes of an old version the next one. Throws `CurtError`: `not_found` where it is not kept, or was a deletion. */
  async goBack(slug: string, version: number, ifVersion?: number, by: string | null = null): Promise<LinkRecord> {
    const id = { host, slug: slug.normalize("NFC") };
    const holding = await this.get(slug);
    const old = holding.version === version ? holding : await this.#options.history.version(id, version);
    if (old === undefined || old.deletedAt !== null || version > holding.version)
      throw new CurtError("not_found", `No version ${version} of /${slug} is kept.`);
    const { createdAt: _c, updatedAt: _u, deletedAt: _d, version: _v, changedBy: _b, token: _t, ...content } = old;
    return this.edit(slug, content, ifVersion, by);
  }

  /** Tells everybody on this machine, then the shared cache. Comes after the commit and before the answer. */
  async published(records: readonly LinkRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#options.announce(records);
    const { cache, now } = this.#options;
    if (cache !== undefined) await Promise.all(records.map((record) => cache.putIfNewer(record, now() + cacheFor)));
  }

  async #change(
    slug: string,
    ifVersion: number | undefined,
    by: string | null,
    next: (current: LinkRecord, now: number) => LinkRecord | Promise<LinkRecord>,
  ): Promise<LinkRecord> {
    for (let round = 0; round < mostConflicts; round++) {
      const current = await this.get(slug);
      if (ifVersion !== undefined && current.version !== ifVersion) throw changedSince(current, ifVersion);
      const changed = await next(current, Math.max(this.#options.now(), current.updatedAt));
      const record = { ...changed, changedBy: by };
      await this.#options.history.keep(current);
      const outcome = await this.#replace(record);
      if (outcome.outcome === "replaced") {
        // Nobody waits for this: what is left behind does no harm.
        void this.#options.history.trim(record).catch(() => undefined);
        await this.published([outcome.record]);
        return outcome.record;
      }
    }
    throw new CurtError("version_mismatch", `/${slug} is being changed by too many at once. Try again.`);
  }

  /** A write that ends in an error may have been carried out: nobody may go on serving what was before. */
  async #replace(record: LinkRecord) {
    try {
      return await this.#options.store.replace(record);
    } catch (error) {
      await this.#options.announce([record]);
      throw error;
    }
  }

  async #insert(records: readonly LinkRecord[]): Promise<InsertOutcome[]> {
    const [first] = records;
    if (first === undefined) return [];
    try {
      if (records.length === 1) return [await this.#options.store.insert(first)];
      return await this.#options.store.insertMany(records);
    } catch (error) {
      await this.#options.announce(records);
      throw error;
    }
  }

  #target(url: string, issues: InputIssue[]): string {
    const verdict = checkTarget(url, this.#options.own);
    if ("url" in verdict) return verdict.url;
    issues.push({ path: "url", message: verdict.problem });
    return "";
  }
}
