import type { Change, FetchLink, Ledger, Seen } from "./ledger.ts";
import { seeded } from "./random.ts";

/** Where the server is and a key that may write links. */
export interface Target {
  readonly url: string;
  readonly key: string;
}

/** How long an answer may take, in ms. Longer counts as no answer. */
const patience = 5000;

/** Asks a running server for a link, as a visitor by `GET /{slug}` or as a program by `GET /api/v1/links/{slug}`. */
export function linksOf(target: Target): FetchLink {
  return async (slug, as) => {
    try {
      return as === "visitor" ? await visit(target, slug) : await read(target, slug);
    } catch (error) {
      return { problem: `no answer (${(error as Error).message})` };
    }
  };
}

async function visit(target: Target, slug: string): Promise<Seen> {
  const path = slug.split("/").map(encodeURIComponent).join("/");
  const signal = AbortSignal.timeout(patience);
  const answer = await fetch(`${target.url}/${path}`, { redirect: "manual", signal });
  await answer.arrayBuffer();
  const location = answer.headers.get("location");
  if (answer.status >= 300 && answer.status < 400 && location !== null) return { url: location };
  return answer.status === 404 ? { url: null } : { problem: `answered with ${answer.status}` };
}

async function read(target: Target, slug: string): Promise<Seen> {
  const answer = await ask(target, "GET", `/${encodeURIComponent(slug)}`);
  if (answer.status === 404) return { url: null };
  if (answer.status !== 200) return { problem: `the API answered with ${answer.status} ${answer.code}` };
  return { url: answer.url ?? "", version: answer.version };
}

interface Answer {
  readonly status: number;
  readonly slug?: string;
  readonly url?: string;
  readonly version?: number;
  readonly code?: string;
}

async function ask(target: Target, method: string, path: string, body?: object, version?: number): Promise<Answer> {
  const answer = await fetch(`${target.url}/api/v1/links${path}`, {
    method,
    headers: {
      authorization: `Bearer ${target.key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(version === undefined ? {} : { "if-match": `"${version}"` }),
    },
    signal: AbortSignal.timeout(patience),
    // fetch sends a DELETE again by itself when a kept connection dies, and would get 404 for what the first one did.
    keepalive: method !== "DELETE",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { ...(text.startsWith("{") ? JSON.parse(text) : {}), status: answer.status };
}

/**
 * One client with slugs of its own, which makes, edits and deletes at random, one change at a time. One change in ten
 * is one that must be refused. What it can't get an answer for it leaves alone until the ledger has judged.
 */
export class Client {
  readonly #slugs: string[] = [];
  readonly #random: () => number;
  #made = 0;
  #targets = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly target: Target,
    private readonly number: number,
    seed: number,
  ) {
    this.#random = seeded(seed * 1000 + number);
  }

  /** Works until `signal` says so. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const answered = await this.#change();
      // A server that is gone is not asked in a tight loop.
      if (!answered && !signal.aborted) await Bun.sleep(10);
    }
  }

  /** Whether an answer came. */
  async #change(): Promise<boolean> {
    const slug = this.#slugs[Math.floor(this.#random() * this.#slugs.length)];
    const choice = this.#random();
    if (slug === undefined || choice < 0.35) return await this.#create(choice < 0.05 ? null : this.#newSlug());
    const state = this.ledger.current(slug);
    if (state === undefined) return true;
    const refusedOne = this.#random() < 0.15;
    const url = this.#newTarget();
    if (state.url === null)
      return refusedOne ? await this.#send({ kind: "edit", slug, url }, 404) : await this.#create(slug);
    if (refusedOne && choice < 0.6) return await this.#send({ kind: "create", slug, url }, 409);
    if (refusedOne && state.version > 1) return await this.#send({ kind: "edit", slug, url }, 412, state.version - 1);
    if (choice < 0.55) return await this.#send({ kind: "delete", slug });
    return await this.#send({ kind: "edit", slug, url }, undefined, choice < 0.7 ? state.version : undefined);
  }

  async #create(slug: string | null): Promise<boolean> {
    return await this.#send({ kind: "create", slug, url: this.#newTarget() });
  }

  /** `refusal`: the status that is right, where the change must not be done. */
  async #send(change: Change, refusal?: number, version?: number): Promise<boolean> {
    let answer: Answer;
    try {
      answer = await this.#ask(change, version);
    } catch {
      this.#lose(change, refusal);
      return false;
    }
    if (answer.status >= 500) {
      this.#lose(change, refusal);
      return false;
    }
    if (answer.status >= 400) {
      const expected = answer.status === refusal || answer.status === 429;
      this.ledger.refuse(change, expected, `${answer.status} ${answer.code}`);
      return true;
    }
    const slug = change.slug ?? answer.slug ?? "";
    if (refusal !== undefined)
      this.ledger.report("wrong", `${change.kind} of ${slug} was done (${answer.status}), must get ${refusal}`);
    if (change.kind !== "delete" && (answer.slug !== slug || answer.url !== change.url))
      this.ledger.report("wrong", `${change.kind} of ${slug} is answered with ${answer.slug} and ${answer.url}`);
    if (change.slug === null) this.#slugs.push(slug);
    this.ledger.acknowledge(change, slug, answer.version);
    if (this.#random() < 0.1) await this.#look(slug, change.kind === "delete" ? null : change.url);
    return true;
  }

  async #ask(change: Change, version: number | undefined): Promise<Answer> {
    const { kind } = change;
    if (kind === "create") {
      const slug = change.slug === null ? {} : { slug: change.slug };
      return await ask(this.target, "POST", "", { url: change.url, ...slug });
    }
    const path = `/${encodeURIComponent(change.slug)}`;
    if (kind === "delete") return await ask(this.target, "DELETE", path);
    return await ask(this.target, "PATCH", path, { url: change.url }, version);
  }

  #lose(change: Change, refusal: number | undefined): void {
    // A change that must be refused may change nothing, answered or not.
    if (refusal === undefined) this.ledger.lose(change);
    else this.ledger.refuse(change, true, "no answer");
  }

  /** What was answered must show at once. No answer is no fault: the server may be going down. */
  async #look(slug: string, url: string | null): Promise<void> {
    const seen = await linksOf(this.target)(slug, "visitor");
    if ("url" in seen && seen.url !== url)
      this.ledger.report("wrong", `${slug} shows ${seen.url} right after the answer, must be ${url}`);
  }

  #newSlug(): string {
    const number = this.#made++;
    // Some with letters beyond ASCII and with parts.
    const slug = number % 7 === 0 ? `c${this.number}/é-${number}` : `c${this.number}-${number}`;
    this.#slugs.push(slug);
    return slug;
  }

  #newTarget(): string {
    return `https://example.org/${this.number}/${this.#targets++}`;
  }
}
