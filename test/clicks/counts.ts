import { openStore } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import type { ClickAnswer, ClickQuery } from "../../src/core/click.ts";
import { clickIdOf } from "../../src/core/click.ts";
import type { Store } from "../../src/core/store.ts";

/** Reads counts out of a store, beside the server that uses it. */
export class Counts {
  readonly #opened: { readonly store: Store };

  private constructor(opened: { readonly store: Store }) {
    this.#opened = opened;
  }

  /** `env`: `CURT_DATA`, and `CURT_STORE` where it is not the embedded one. */
  static async open(env: Record<string, string>): Promise<Counts> {
    const committer = { commit: () => Promise.reject(new Error("Only to read.")) };
    return new Counts(await openStore(readConfig({}, env), committer as never));
  }

  /** Clicks of links, in order, by slug; bots included. */
  async of(slugs: readonly string[]): Promise<number[]> {
    const { links, clicks } = this.#opened.store;
    const records = await Promise.all(slugs.map((slug) => links.find({ host: "", slug })));
    const ids = records.map((record) => (record === undefined ? "" : clickIdOf(record)));
    const counts: number[] = [];
    for (let at = 0; at < ids.length; at += 1000) counts.push(...(await clicks.clicksOf(ids.slice(at, at + 1000))));
    return counts;
  }

  async sum(slugs: readonly string[]): Promise<number> {
    return (await this.of(slugs)).reduce((sum, one) => sum + one, 0);
  }

  /** All clicks of today and yesterday, by a dimension. */
  async read(query: Partial<ClickQuery> = {}): Promise<ClickAnswer> {
    const now = Date.now();
    const all: ClickQuery = {
      subject: { of: "all" },
      from: now - 86_400_000,
      to: now + 1,
      unit: "day",
      by: null,
      bots: true,
    };
    return this.#opened.store.clicks.read({ ...all, ...query });
  }

  async visits(slug: string) {
    const record = await this.#opened.store.links.find({ host: "", slug });
    return record === undefined ? [] : this.#opened.store.clicks.visits(clickIdOf(record), 1000);
  }

  get store(): Store {
    return this.#opened.store;
  }

  close(): Promise<void> {
    return this.#opened.store.close();
  }
}
