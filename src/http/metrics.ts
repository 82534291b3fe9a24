import type { Keys } from "../core/keys.ts";
import { StoreUnavailable } from "../core/store.ts";

/** How long a key that was good is believed while the store cannot say whether it still is, in ms. */
const believedFor = 86_400_000;

export interface MetricsOptions {
  readonly keys: Pick<Keys, "require">;
  /** The Prometheus text of all workers of this machine. */
  readonly text: () => Promise<string>;
  readonly now: () => number;
}

/**
 * `GET /metrics`, for a key with the scope `stats:read`. While the store is down, when the metrics are wanted most, a key
 * that was good within the last day is good.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  /** Until when a key is believed, by its hash: one for each monitoring system, so few. */
  readonly #good = new Map<string, number>();

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Throws `CurtError` without a key that may see them, `StoreUnavailable` when that or they cannot be known. */
  async answer(request: Request): Promise<Response> {
    await this.#admit(request.headers.get("authorization"));
    const headers = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store" };
    return new Response(await this.#options.text(), { headers });
  }

  async #admit(header: string | null): Promise<void> {
    const { keys, now } = this.#options;
    const name = new Bun.CryptoHasher("sha256").update(header ?? "").digest("hex");
    try {
      await keys.require(header, "stats:read");
      if (this.#good.size >= 100) this.#good.clear();
      this.#good.set(name, now() + believedFor);
    } catch (error) {
      if (error instanceof StoreUnavailable && now() < (this.#good.get(name) ?? 0)) return;
      this.#good.delete(name);
      throw error;
    }
  }
}
