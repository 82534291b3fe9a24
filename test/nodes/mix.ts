import { Load, type LoadAnswer } from "../load.ts";

export type Kind = "hot" | "cold" | "create";

/** A request of the load; a create may be asked for again by its key. */
export interface Asked {
  readonly kind: Kind;
  /** `null`: the server makes one. */
  readonly slug: string | null;
  readonly url: string;
  readonly idempotencyKey: string | undefined;
  readonly sentAt: number;
}

/** How a request ended. `status` 0: with no answer. Times are of `performance.now()`. */
export interface Ended {
  readonly asked: Asked;
  readonly status: number;
  /** The redirect to the right target, or the link that was made. */
  readonly good: boolean;
  readonly why: string;
  readonly at: number;
}

export interface MixOptions {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
  readonly pause: number;
  readonly random: () => number;
  /** Slugs that every worker knows, and their targets. */
  readonly hot: ReadonlyMap<string, string>;
}

/**
 * Visitors of links that all know (80 %), of links that were just made and that nobody has asked for yet (10 %), and
 * creates (10 %, every second one with an `Idempotency-Key`), on kept connections. What was acknowledged is written down.
 */
export class Mix {
  /** Slug and target of each create that was answered with 201. */
  readonly acknowledged = new Map<string, string>();
  readonly ended: Ended[] = [];
  /** Links to ask for as cold ones, again and again, instead of new ones. */
  coldOnes: ReadonlyMap<string, string> | undefined;
  readonly #options: MixOptions;
  readonly #hot: readonly [string, string][];
  readonly #fresh: [string, string][] = [];
  readonly #load: Load<Asked>;
  #made = 0;

  constructor(options: MixOptions) {
    this.#options = options;
    this.#hot = [...options.hot];
    this.#load = new Load<Asked>({
      url: options.url,
      path: "/",
      textOf: (asked) => requestOf(asked, options),
      connections: options.connections,
      pause: options.pause,
      sent: () => this.#next(),
      answered: (answer, asked) => this.#answered(answer, asked),
      failed: (why, asked) => {
        if (asked !== undefined) this.#end(asked, 0, false, why);
      },
    });
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }

  /** What ended from `from` on until `to`. */
  between(from: number, to = Number.POSITIVE_INFINITY): Ended[] {
    return this.ended.filter(({ at }) => at >= from && at < to);
  }

  #next(): Asked {
    const chance = this.#options.random();
    const sentAt = performance.now();
    if (chance < 0.1) {
      const number = this.#made++;
      const keyed = number % 2 === 0;
      return {
        kind: "create",
        slug: keyed ? null : `made-${number}`,
        url: `https://example.org/made/${number}`,
        idempotencyKey: keyed ? crypto.randomUUID() : undefined,
        sentAt,
      };
    }
    const cold = chance < 0.2 ? this.#cold() : undefined;
    const [slug, url] = cold ?? this.#hot[Math.floor(this.#options.random() * this.#hot.length)] ?? ["", ""];
    return { kind: cold === undefined ? "hot" : "cold", slug, url, idempotencyKey: undefined, sentAt };
  }

  #cold(): [string, string] | undefined {
    if (this.coldOnes === undefined) return this.#fresh.shift();
    const all = [...this.coldOnes];
    return all[Math.floor(this.#options.random() * all.length)];
  }

  #answered({ status, location, body }: LoadAnswer, asked: Asked): void {
    if (asked.kind !== "create") {
      this.#end(asked, status, status === 302 && location === asked.url, location ?? "");
      return;
    }
    const answer = body.startsWith("{") ? (JSON.parse(body) as { slug?: string; code?: string }) : {};
    const slug = answer.slug ?? "";
    if (status === 201) {
      this.acknowledged.set(slug, asked.url);
      this.#fresh.push([slug, asked.url]);
    }
    this.#end(asked, status, status === 201, answer.code ?? "");
  }

  #end(asked: Asked, status: number, good: boolean, why: string): void {
    this.ended.push({ asked, status, good, why, at: performance.now() });
  }
}

function requestOf({ kind, slug, url, idempotencyKey }: Asked, options: MixOptions): string {
  const host = `Host: ${new URL(options.url).host}`;
  if (kind !== "create") return `GET /${slug} HTTP/1.1\r\n${host}\r\n\r\n`;
  const body = JSON.stringify(slug === null ? { url } : { url, slug });
  const lines = [
    "POST /api/v1/links HTTP/1.1",
    host,
    `Authorization: Bearer ${options.key}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    ...(idempotencyKey === undefined ? [] : [`Idempotency-Key: ${idempotencyKey}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
